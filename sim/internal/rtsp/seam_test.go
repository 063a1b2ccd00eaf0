package rtsp

import (
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
)

func TestSeamDecidesWhatIsSent(t *testing.T) {
	n := 0
	inBubble(t, func(_ *Config, c *StreamConfig) {
		c.Seam = func(au *streams.AccessUnit) []*streams.AccessUnit {
			n++
			switch n {
			case 2:
				return nil
			case 3:
				return []*streams.AccessUnit{au, au}
			}
			return []*streams.AccessUnit{au}
		}
	}, func(t *testing.T, b *bench) {
		r, p := watch(t, b.main)
		pass(150 * time.Millisecond) // frames 0 to 3
		look(b.main, func() {})
		b.main.leave(r)
		var times []uint32
		for _, u := range p.units {
			times = append(times, u.packets[0].Timestamp-p.units[0].packets[0].Timestamp)
		}
		want := []uint32{0, 7200, 9000, 10800}
		if len(times) != len(want) {
			t.Fatalf("sent at %v, want %v", times, want)
		}
		for i := range want {
			if times[i] != want[i] {
				t.Errorf("sent at %v, want %v", times, want)
			}
		}
	})
}
