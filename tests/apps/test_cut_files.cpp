#include <ATen/ATen.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include "cut_files.hpp"
#include "seg/data/npy.hpp"
#include "seg/net/checkpoint_file.hpp"
//
#include "catch.hpp"
#include "expect_error.hpp"
#include "run_seg.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

/// Runs `work` in a process of its own whose standard error goes to a file.
template <class Work>
Outcome in_a_process(const fs::path& errors, const Work& work) {
  const pid_t process = fork();
  if (process == 0) {
    if (!std::freopen(errors.c_str(), "w", stderr)) _exit(99);
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(process, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), "",
          file_content(errors)};
}

void cut_arrays(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".npy") fs::resize_file(entry.path(), 200);
}

}  // namespace

TEST_CASE("reading a mapped file that was cut off ends the program with a line that names it") {
  const TemporaryFolder folder;
  const fs::path file = folder / "array.npy";
  seg::data::write_npy(file, at::ones({100000}));
  const at::Tensor array = seg::data::map_npy(file);
  const volatile float* values = array.const_data_ptr<float>();
  const Outcome outcome = in_a_process(folder / "err", [&] {
    seg::app::report_cut_files();
    fs::resize_file(file, 4096);
    static_cast<void>(values[90000]);
  });
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.err ==
        "error: " + file.string() + ": was cut short while it was in use; make the file again\n");
}

TEST_CASE("any other bus error still ends the program by its signal") {
  const TemporaryFolder folder;
  const Outcome outcome = in_a_process(folder / "err", [] {
    seg::app::report_cut_files();
    std::raise(SIGBUS);
  });
  CHECK(outcome.exit_code == 128 + SIGBUS);
  CHECK(outcome.err.empty());
}

TEST_CASE("a training whose arrays are cut off ends with one line and keeps its checkpoint") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work";
  REQUIRE(run_seg({"preprocess", work.string(), "--config", "3d"}).exit_code == 0);
  RunningSeg running({"train", work.string(), "--config", "3d", "--epochs", "10000", "--iterations",
                      "2", "--val-iterations", "1", "--batch-size", "2", "--device", "cpu",
                      "--threads", "1", "--save-every", "1"});
  const fs::path checkpoint = model_in(work) / "fold_0/checkpoint_latest.pth";
  while (!running.has_ended() && !fs::exists(checkpoint))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  cut_arrays(work / "preprocessed");
  const Outcome outcome = running.outcome();
  expect_error(outcome, ".npy: was cut short while it was in use", work);
  CHECK_NOTHROW(seg::net::read_checkpoint(checkpoint));
}
