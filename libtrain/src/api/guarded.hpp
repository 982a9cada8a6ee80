#pragma once

#include <c10/util/Exception.h>

#include <new>

#include "seg/train/device.hpp"
#include "seg/train/failure.hpp"

namespace seg {

/// Does `work` in a thread of its own with so many threads of LibTorch. What LibTorch and the
/// standard library throw becomes an Error; everything else reaches the caller as it is.
template <typename Work>
void guarded(int threads, const Work& work) {
  const auto as_error = [](const std::exception& exception) {
    return Error(train::kind_of(exception), {"seg", train::line_of(exception)});
  };
  try {
    train::with_own_threads(threads, work);
  } catch (const c10::Error& exception) {
    throw as_error(exception);
  } catch (const std::bad_alloc& exception) {
    throw Error(ErrorKind::out_of_memory, {"seg", "not enough memory"});
  }
}

}  // namespace seg
