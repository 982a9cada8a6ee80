#pragma once

#include <c10/util/Exception.h>

#include <new>

#include "seg/train/device.hpp"
#include "seg/train/failure.hpp"

namespace seg {

/// Does `work`. What LibTorch and the standard library throw becomes an Error; everything else
/// reaches the caller as it is.
template <typename Work>
auto with_errors(const Work& work) {
  try {
    return work();
  } catch (const c10::Error& exception) {
    throw Error(train::kind_of(exception), {"seg", train::line_of(exception)});
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::out_of_memory, {"seg", "not enough memory"});
  }
}

/// The same in a thread of its own with so many threads of LibTorch.
template <typename Work>
void guarded(int threads, const Work& work) {
  with_errors([&] { train::with_own_threads(threads, work); });
}

}  // namespace seg
