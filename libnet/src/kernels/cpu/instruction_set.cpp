#include "seg/net/instruction_set.hpp"

#include <algorithm>
#include <cstdlib>

#include "seg/plan/error.hpp"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace seg::net {
namespace {

constexpr const char* variable = "SEG_INSTRUCTION_SET";

InstructionSet named(const std::string& name) {
  const auto available = available_instruction_sets();
  const auto found = std::ranges::find(
      available, name, [](InstructionSet set) { return instruction_set_name(set); });
  if (found != available.end()) return *found;
  throw Error(variable, "\"" + name + "\" is no instruction set that seg has on this processor",
              "the widest here is " + instruction_set_name(available.back()));
}

/// Whether the processor has AMX for bf16 and the system lets this process use it.
bool may_use_matrix_tiles() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr int request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM, since Linux 5.16
  constexpr int tile_data = 18;
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

}  // namespace

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::baseline};
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2) sets.push_back(InstructionSet::avx2);
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq");
  if (avx512) sets.push_back(InstructionSet::avx512);
  if (avx512 && may_use_matrix_tiles()) sets.push_back(InstructionSet::amx);
#endif
  return sets;
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
    const char* name = std::getenv(variable);
    return name && *name ? named(name) : available_instruction_sets().back();
  }();
  return chosen;
}

std::string instruction_set_name(InstructionSet set) {
  switch (set) {
    case InstructionSet::amx:
      return "amx";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::avx2:
      return "avx2";
    default:
      return "baseline";
  }
}

}  // namespace seg::net
