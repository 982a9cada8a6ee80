#include "ranks.hpp"

#include <torch/cuda.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "seg/data/memory.hpp"
#include "seg/plan/error.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace {

constexpr std::array kSharing{"plan", "preprocess", "train", "predict", "evaluate"};

std::unique_ptr<data::Ranks> this_run;

/// In a thread that watches the others.
void end_with_run(const std::string& silent, int exit_code) {
  if (!silent.empty())
    std::cerr << "error: process " + silent +
                     " of this run gives no sign of life, so this one ends, too; training goes on "
                     "from its last checkpoint with --resume, also with fewer processes\n";
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

/// Standard output is the first process's.
void be_quiet() {
  say_nothing();
  std::cout.flush();
  if (!std::freopen("/dev/null", "w", stdout)) std::cout.setstate(std::ios::failbit);
}

}  // namespace

data::Ranks* join_run() {
  if (this_run || !data::is_one_of_several()) return this_run.get();
  this_run = data::join_ranks(end_with_run);
  if (!this_run->leads()) be_quiet();
  return this_run.get();
}

bool writes_for_run() { return data::leads(this_run.get()); }

data::Ranks* join_run(const PartOfMachine& part) {
  data::Ranks* ranks = join_run();
  if (ranks && !part.cores_are_given) part.cores = ranks->threads();
  if (ranks && part.memory == 0) part.memory = data::memory_to_use(0) / ranks->ranks_on_machine();
  return ranks;
}

int processes_of_run() { return this_run ? this_run->count() : 1; }

std::string device_of_rank(const std::string& device, const std::vector<std::string>& devices) {
  const auto place = static_cast<std::size_t>(this_run ? this_run->rank_on_machine() : 0);
  if (!devices.empty()) return devices[place % devices.size()];
  if (!this_run || device != "auto" || !torch::cuda::is_available()) return device;
  return "cuda:" + std::to_string(place % torch::cuda::device_count());
}

void refuse_ranks_elsewhere(const CLI::App& command) {
  if (std::ranges::find(kSharing, command.get_name()) != kSharing.end()) return;
  if (data::is_one_of_several())
    throw Error("seg " + command.get_name(), "does not share its work between processes",
                "start it without mpirun or srun, or as one process");
}

bool leaves_word_to_first() { return data::is_one_of_several() && data::rank_as_started() > 0; }

void let_first_speak() {
  if (leaves_word_to_first()) std::this_thread::sleep_for(std::chrono::seconds(2));
}

std::string before_failure() {
  let_first_speak();
  return leaves_word_to_first() ? "process " + std::to_string(data::rank_as_started()) + ": " : "";
}

void after_failure(int exit_code) {
  if (this_run) this_run->fail(exit_code);
}

void leave_run() { this_run.reset(); }

}  // namespace seg::app
