// Package h264 codes a [scene.Canvas] as H.264 (ITU-T H.264, ISO/IEC 14496-10)
// so that every decoder shows the canvas exactly, byte for byte.
//
// Every coded macroblock is Intra_16x16 with DC coefficients only: prediction
// from the neighbours is flat in each cell, and so is the residual. With
// QP = 4 + 6s the decoder's arithmetic (8.5.10, 8.5.11) undoes
//
//	luma   c = (H d H) >> s      H the 4x4 Hadamard matrix, d the residual
//	chroma c = (2 H d H) >> s    H the 2x2 Hadamard matrix
//
// without rounding whenever the shift drops only zero bits; s is the largest
// of 0 to 4 for which it does, chosen per macroblock by mb_qp_delta. What
// doesn't change is P_Skip. A macroblock whose levels don't fit CAVLC's escape
// codes (9.2.2.1) is sent as I_PCM. Deblocking is off.
package h264
