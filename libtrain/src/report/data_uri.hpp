#pragma once

#include <ATen/ATen.h>

#include <string>

namespace seg::train {

/// Bytes (uint8 [N]) in base64.
std::string base64(const at::Tensor& bytes);

/// A picture (uint8 [Y, X, 3]) as PNG inside an address: "data:image/png;base64,...".
std::string data_uri(const at::Tensor& rgb);

}  // namespace seg::train
