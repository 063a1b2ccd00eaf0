package h264

import "fmt"

// Profile is profile_idc (A.2). CAVLC streams like ours are legal in all three.
type Profile uint8

// The profiles an encoder may declare.
const (
	ConstrainedBaseline Profile = 66
	Main                Profile = 77
	High                Profile = 100
)

// constraints returns the byte of constraint_set flags that goes with p.
func (p Profile) constraints() uint32 {
	switch p {
	case ConstrainedBaseline:
		return 0xC0 // sets 0 and 1
	case Main:
		return 0x40 // set 1
	}
	return 0
}

// level is one row of table A-1: what a decoder of this level can do.
type level struct {
	idc       uint32
	frameSize int // macroblocks a picture
	rate      int // macroblocks a second
}

// levels starts at 2: below, the burst of an IDR picture breaks MaxBR.
func levels() []level {
	return []level{
		{20, 396, 11_880}, {21, 792, 19_800}, {22, 1620, 20_250},
		{30, 1620, 40_500}, {31, 3600, 108_000}, {32, 5120, 216_000},
		{40, 8192, 245_760}, {42, 8704, 522_240},
		{50, 22_080, 589_824}, {51, 36_864, 983_040}, {52, 36_864, 2_073_600},
		{60, 139_264, 4_177_920}, {61, 139_264, 8_355_840}, {62, 139_264, 16_711_680},
	}
}

// levelIDC returns the lowest level_idc that allows cols x rows macroblocks at
// fps pictures a second (A.3.1 d, e, f and table A-1).
func levelIDC(cols, rows, fps int) (uint32, error) {
	size := cols * rows
	for _, l := range levels() {
		if size <= l.frameSize && size*fps <= l.rate &&
			cols*cols <= 8*l.frameSize && rows*rows <= 8*l.frameSize {
			return l.idc, nil
		}
	}
	return 0, fmt.Errorf("h264: no level allows %dx%d at %d pictures a second", cols*16, rows*16, fps)
}

// Coded choices that the parameter sets announce and slices rely on.
const (
	log2MaxFrameNum = 8
	initialQP       = 28 // of every slice
)

// sps returns seq_parameter_set_rbsp (7.3.2.1.1) as a NAL unit.
func sps(c Config, idc uint32) []byte {
	var w bitWriter
	w.put(uint32(c.Profile), 8)
	w.put(c.Profile.constraints(), 8)
	w.put(idc, 8)
	w.ue(0) // seq_parameter_set_id
	if c.Profile == High {
		w.ue(1)       // chroma_format_idc: 4:2:0
		w.ue(0)       // bit_depth_luma_minus8
		w.ue(0)       // bit_depth_chroma_minus8
		w.flag(false) // qpprime_y_zero_transform_bypass_flag
		w.flag(false) // seq_scaling_matrix_present_flag
	}
	w.ue(log2MaxFrameNum - 4)
	w.ue(2)       // pic_order_cnt_type: output order is decoding order
	w.ue(1)       // max_num_ref_frames
	w.flag(false) // gaps_in_frame_num_value_allowed_flag
	cols, rows := (c.Width+15)/16, (c.Height+15)/16
	w.ue(uint32(cols - 1))
	w.ue(uint32(rows - 1))
	w.flag(true) // frame_mbs_only_flag
	w.flag(true) // direct_8x8_inference_flag
	cropRight, cropBottom := (cols*16-c.Width)/2, (rows*16-c.Height)/2
	w.flag(cropRight+cropBottom > 0)
	if cropRight+cropBottom > 0 {
		w.ue(0)
		w.ue(uint32(cropRight))
		w.ue(0)
		w.ue(uint32(cropBottom))
	}
	w.flag(true) // vui_parameters_present_flag
	vui(&w, c.FPS)
	return nalUnit(headerSPS, w.trailing())
}

// vui writes vui_parameters (E.1.1): square pixels, BT.709 limited range, a
// fixed frame rate, and that no picture waits for another.
func vui(w *bitWriter, fps int) {
	w.flag(true) // aspect_ratio_info_present_flag
	w.put(1, 8)  // 1:1
	w.flag(false)
	w.flag(true) // video_signal_type_present_flag
	w.put(5, 3)  // video_format: unspecified
	w.flag(false)
	w.flag(true)
	w.put(1, 8)   // colour_primaries: BT.709
	w.put(1, 8)   // transfer_characteristics
	w.put(1, 8)   // matrix_coefficients
	w.flag(false) // chroma_loc_info_present_flag
	w.flag(true)  // timing_info_present_flag
	w.put(1, 32)
	w.put(uint32(2*fps), 32)
	w.flag(true)  // fixed_frame_rate_flag
	w.flag(false) // nal_hrd_parameters_present_flag
	w.flag(false) // vcl_hrd_parameters_present_flag
	w.flag(false) // pic_struct_present_flag
	w.flag(true)  // bitstream_restriction_flag
	w.flag(true)  // motion_vectors_over_pic_boundaries_flag
	w.ue(0)       // max_bytes_per_pic_denom
	w.ue(0)       // max_bits_per_mb_denom
	w.ue(0)       // log2_max_mv_length_horizontal
	w.ue(0)       // log2_max_mv_length_vertical
	w.ue(0)       // max_num_reorder_frames
	w.ue(1)       // max_dec_frame_buffering
}

// pps returns pic_parameter_set_rbsp (7.3.2.2) as a NAL unit.
func pps() []byte {
	var w bitWriter
	w.ue(0)       // pic_parameter_set_id
	w.ue(0)       // seq_parameter_set_id
	w.flag(false) // entropy_coding_mode_flag: CAVLC
	w.flag(false) // bottom_field_pic_order_in_frame_present_flag
	w.ue(0)       // num_slice_groups_minus1
	w.ue(0)       // num_ref_idx_l0_default_active_minus1
	w.ue(0)       // num_ref_idx_l1_default_active_minus1
	w.flag(false) // weighted_pred_flag
	w.put(0, 2)   // weighted_bipred_idc
	w.se(initialQP - 26)
	w.se(0)       // pic_init_qs_minus26
	w.se(0)       // chroma_qp_index_offset
	w.flag(true)  // deblocking_filter_control_present_flag
	w.flag(false) // constrained_intra_pred_flag
	w.flag(false) // redundant_pic_cnt_present_flag
	return nalUnit(headerPPS, w.trailing())
}
