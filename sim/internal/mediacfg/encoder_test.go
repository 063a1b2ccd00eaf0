package mediacfg_test

import (
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/mediacfg"
)

func TestEncodersChangeOnlyInWhatTheyCan(t *testing.T) {
	t.Parallel()
	type change func(*mediacfg.VideoEncoder)
	for name, tt := range map[string]struct {
		change  change
		canSign bool
		want    error
	}{
		"nothing":            {func(*mediacfg.VideoEncoder) {}, true, nil},
		"name":               {func(e *mediacfg.VideoEncoder) { e.Name = "other" }, true, nil},
		"not signed":         {func(e *mediacfg.VideoEncoder) { e.Signed = false }, false, nil},
		"signed, cannot":     {func(*mediacfg.VideoEncoder) {}, false, mediacfg.ErrModify},
		"shortest gov":       {func(e *mediacfg.VideoEncoder) { e.GovLength = mediacfg.MinGovLength }, true, nil},
		"shorter gov":        {func(e *mediacfg.VideoEncoder) { e.GovLength = mediacfg.MinGovLength - 1 }, true, mediacfg.ErrModify},
		"longest gov":        {func(e *mediacfg.VideoEncoder) { e.GovLength = mediacfg.MaxGovLength }, true, nil},
		"longer gov":         {func(e *mediacfg.VideoEncoder) { e.GovLength = mediacfg.MaxGovLength + 1 }, true, mediacfg.ErrModify},
		"width":              {func(e *mediacfg.VideoEncoder) { e.Width = 640 }, true, mediacfg.ErrModify},
		"frame rate":         {func(e *mediacfg.VideoEncoder) { e.FrameRate = 30 }, true, mediacfg.ErrModify},
		"bit rate":           {func(e *mediacfg.VideoEncoder) { e.BitRate++ }, true, mediacfg.ErrModify},
		"encoding":           {func(e *mediacfg.VideoEncoder) { e.Encoding = "H265" }, true, mediacfg.ErrModify},
		"another one's name": {func(e *mediacfg.VideoEncoder) { e.Token = "none" }, true, mediacfg.ErrNoEncoder},
	} {
		s := section()
		before := s.Encoders[0]
		e := before
		tt.change(&e)
		err := s.SetEncoder(e, tt.canSign)
		if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if want := e; err != nil && s.Encoders[0] != before || err == nil && s.Encoders[0] != want {
			t.Errorf("%s: it is %+v now", name, s.Encoders[0])
		}
	}
}
