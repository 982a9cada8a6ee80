#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "seg/data/ranks.hpp"

namespace seg::app {

/// The processes that mpirun or srun started together with this one; null when there are none.
/// Joins them at the first call; only the first of them speaks from then on.
data::Ranks* join_run();

/// How many they are: 1 as long as none were joined.
int processes_of_run();

/// Whether this process writes what is written once: it is alone, or the first of its run.
bool writes_for_run();

/// What the user may leave to seg, of which each process of a machine then takes its part.
struct PartOfMachine {
  int& cores;            ///< threads, or cases at the same time
  bool cores_are_given;  ///< by the user, and so is memory that is not 0
  std::int64_t& memory;  ///< bytes
};

/// join_run(), and this process's part of the machine.
data::Ranks* join_run(const PartOfMachine& part);

/// The device of this process: of the `devices` that its machine's processes share out, where there
/// are such; else with "auto" a GPU of its own as far as they go; else `device`.
std::string device_of_rank(const std::string& device, const std::vector<std::string>& devices);

/// A command that does not share its work refuses to be started several times.
void refuse_ranks_elsewhere(const CLI::App& command);

/// Whether another process of the run says what all of them have to say.
bool leaves_word_to_first();
/// Waits for a process of which that is true: mpirun ends all when one has failed, so that the
/// first one must have said why.
void let_first_speak();

/// Called when the process fails: the first one's line comes first, others' are named. @returns
/// what to put before the line.
std::string before_failure();
/// The same, when it was told; all exit with this code.
void after_failure(int exit_code);

/// Called when all is done: waits for the others.
void leave_run();

}  // namespace seg::app
