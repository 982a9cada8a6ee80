#pragma once

#include <stdexcept>
#include <vector>

#include "dicom_source.hpp"

namespace seg::dicom_seg {

/// The bits of all frames, one behind the other, the lowest of a byte first (PS3.5, 8.1.1). DCMTK
/// 3.6.7 writes other ones where a frame is no whole number of bytes.
class FrameBits {
 public:
  /// @param count of bits that will be added
  explicit FrameBits(std::size_t count) { bytes_.reserve((count + 15) / 16 * 2); }
  void add(const std::vector<Uint8>& mask) {
    bytes_.resize((used_ + mask.size() + 15) / 16 * 2);  // an even number
    for (const Uint8 bit : mask) {
      bytes_[used_ / 8] = static_cast<Uint8>(bytes_[used_ / 8] | bit << used_ % 8);
      ++used_;
    }
  }
  void put(DcmItem& item) const {
    if (bytes_.size() > 0xFFFFFFFE) throw std::runtime_error("its frames are more than 4 GB");
    require(item.putAndInsertUint8Array(DCM_PixelData, bytes_.data(), bytes_.size()), "the pixels");
  }

 private:
  std::vector<Uint8> bytes_;
  std::size_t used_ = 0;
};

}  // namespace seg::dicom_seg
