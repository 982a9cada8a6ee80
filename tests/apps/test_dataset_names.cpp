#include <cstdlib>

#include "catch.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_model.hpp"
#include "train/small_model.hpp"

// Numbers of datasets, and nnU-Net's environment variables.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Sets an environment variable while it lives.
class Variable {
 public:
  Variable(const char* name, const fs::path& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("a dataset's number stands for its folder in nnUNet_raw") {
  const TemporaryFolder folder;
  const fs::path raw = folder / "raw", work = folder / "work";
  write_tiny_dataset(raw / "Dataset001_Ball");
  const auto plan = [&](const std::string& dataset) {
    return run_seg({"plan", dataset, "--work", work.string(), "--dry-run"});
  };
  CHECK(plan("1").exit_code == 1);
  const Variable variable("nnUNet_raw", raw);
  for (const char* name : {"1", "001", "Dataset001_Ball", "01"}) CHECK(plan(name).exit_code == 0);
  for (const char* name : {"2", "11", "Dataset001_", "Dataset002_Ball"})
    CHECK(contains(plan(name).err, std::string(name) + ": there is no such folder"));
  fs::create_directory(raw / "Dataset001_Other");
  const Outcome several = plan("1");
  CHECK(several.exit_code == 2);
  CHECK(contains(several.err, "Dataset001_Other"));
  CHECK(contains(several.err, "give the path of one"));
}

TEST_CASE("a dataset's number stands for its model in nnUNet_results") {
  const TemporaryFolder folder;
  const fs::path results = folder / "results";
  write_small_model(results / "Dataset012_Small/nnUNetTrainer__small__3d_fullres", {"0"});
  write_small_scan(folder / "a_0000.nii.gz");
  const Variable variable("nnUNet_results", results);
  const auto predict = [&] {
    return run_seg({"predict", "-m", "12", "-i", (folder / "a_0000.nii.gz").string(), "-o",
                    (folder / "out").string(), "--threads", "1"});
  };
  const Outcome done = predict();
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(fs::exists(folder / "out/a.nii.gz"));
  fs::create_directory(results / "Dataset012_Small/other");
  CHECK(predict().exit_code == 2);
}
