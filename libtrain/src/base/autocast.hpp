#pragma once

#include <ATen/autocast_mode.h>

namespace seg::train {

/// Lower precision for convolutions within a scope; at::kFloat leaves everything in fp32.
class Autocast {
 public:
  Autocast(at::Device device, at::ScalarType precision)
      : type_(device.type()),
        enabled_before_(at::autocast::is_autocast_enabled(type_)),
        dtype_before_(at::autocast::get_autocast_dtype(type_)) {
    at::autocast::set_autocast_enabled(type_, precision != at::kFloat);
    if (precision != at::kFloat) at::autocast::set_autocast_dtype(type_, precision);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type_, enabled_before_);
    at::autocast::set_autocast_dtype(type_, dtype_before_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType type_;
  bool enabled_before_;
  at::ScalarType dtype_before_;
};

}  // namespace seg::train
