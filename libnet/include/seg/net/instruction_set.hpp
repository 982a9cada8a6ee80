#pragma once

#include <string>
#include <vector>

namespace seg::net {

/// Instruction sets that seg's own loops on the CPU are compiled for, from narrow to wide. AVX2 and
/// AVX-512 multiply and add in one step (FMA), rounding once, so that both give the same numbers;
/// the baseline of the compiler's target rounds twice. AMX is AVX-512 with matrix tiles, which
/// training in bf16 uses.
enum class InstructionSet { baseline, avx2, avx512, amx };

/// What the loops of this process use: the widest that the processor has, or for tests the one
/// that the environment variable SEG_INSTRUCTION_SET names (baseline, avx2, avx512, amx). LibTorch
/// and oneDNN have variables of their own, ATEN_CPU_CAPABILITY and ONEDNN_MAX_CPU_ISA.
/// @throws Error at the first call for another name, or a set that the processor lacks.
InstructionSet instruction_set();

/// All that this processor has, from narrow to wide.
std::vector<InstructionSet> available_instruction_sets();

/// "baseline", "avx2", "avx512" or "amx".
std::string instruction_set_name(InstructionSet set);

}  // namespace seg::net
