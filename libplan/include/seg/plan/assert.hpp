#pragma once

namespace seg {

/// @throws std::logic_error naming the condition and its place.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace seg

/// Looks for a mistake of the program's own, in builds with SEG_ASSERTIONS (presets debug and
/// asan). Not assert(), because every build defines NDEBUG, as LibTorch's binaries were compiled
/// with it.
#ifdef SEG_ASSERTIONS
#define SEG_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : seg::assertion_failed(#condition, __FILE__, __LINE__))
#else
#define SEG_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif
