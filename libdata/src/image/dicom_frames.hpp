#pragma once

#include "image/dicom_file.hpp"

namespace seg::data {

/// Looks at compressed pixels before GDCM does, which ends the program at RLE (PS3.5, annex G)
/// whose runs do not fit into the frame, and makes up what a cut off JPEG lacks.
/// @throws Error for RLE that does not give each frame its pixels, and for JPEG without its end.
void check_dicom_frames(const OpenedDicomFile& opened);

}  // namespace seg::data
