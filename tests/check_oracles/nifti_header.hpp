#pragma once

#include <array>
#include <filesystem>

namespace seg::oracles {

/// What the first 348 bytes of a little-endian NIfTI file say.
struct NiftiHeader {
  std::array<std::int16_t, 8> dim{};
  std::int16_t datatype = 0, qform_code = 0, sform_code = 0;
  std::array<float, 8> pixdim{};
  std::array<float, 3> quatern{}, qoffset{};
  std::array<std::array<float, 4>, 3> srow{};
};

/// @throws std::runtime_error for a file that is too short.
NiftiHeader read_nifti_header(const std::filesystem::path& file);

}  // namespace seg::oracles
