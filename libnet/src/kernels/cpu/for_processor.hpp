#pragma once

#include "seg/net/instruction_set.hpp"

namespace seg::net {

// A loop, which must be always_inline, compiled for each instruction set. GCC's target_clones would
// choose when the program is loaded, not as a test wants it, and names sets one by one: "avx512f"
// is without FMA for vectors of 8 floats (that takes avx512vl or fma), half as fast and less exact.

#if defined(__x86_64__)
template <auto loop, typename... Arguments>
[[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]] void run_with_avx512(
    Arguments... arguments) {
  loop(arguments...);
}

template <auto loop, typename... Arguments>
[[gnu::target("avx2,fma")]] void run_with_avx2(Arguments... arguments) {
  loop(arguments...);
}
#endif

/// loop(arguments...) as compiled for instruction_set().
/// @tparam with_avx512 the same with wider vectors, for AVX-512.
template <auto loop, auto with_avx512 = loop, typename... Arguments>
void run_for_processor(Arguments... arguments) {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::amx:
    case InstructionSet::avx512:
      return run_with_avx512<with_avx512>(arguments...);
    case InstructionSet::avx2:
      return run_with_avx2<loop>(arguments...);
    case InstructionSet::baseline:
      break;
  }
#endif
  loop(arguments...);
}

}  // namespace seg::net
