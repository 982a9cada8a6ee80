#include "nifti_header.hpp"

#include <cstring>
#include <stdexcept>

#include "image/gzip_file.hpp"

namespace seg::oracles {
namespace {

template <class Field>
void take(const at::Tensor& bytes, std::size_t offset, Field& field) {
  std::memcpy(&field, bytes.const_data_ptr<std::uint8_t>() + offset, sizeof field);
}

}  // namespace

NiftiHeader read_nifti_header(const std::filesystem::path& file) {
  at::Tensor bytes = at::empty({348}, at::kByte);
  if (!data::read_unpacked(file, bytes)) throw std::runtime_error("no NIfTI header");
  NiftiHeader header;
  take(bytes, 40, header.dim);
  take(bytes, 70, header.datatype);
  take(bytes, 76, header.pixdim);
  take(bytes, 252, header.qform_code);
  take(bytes, 254, header.sform_code);
  take(bytes, 256, header.quatern);
  take(bytes, 268, header.qoffset);
  take(bytes, 280, header.srow);
  return header;
}

}  // namespace seg::oracles
