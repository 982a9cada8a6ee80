#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run_seg.hpp"
#include "tiny_dataset.hpp"

namespace seg::test {

/// Arguments of a training of a few seconds in WORK, on one thread so that machines agree.
inline std::vector<std::string> tiny_training(const std::filesystem::path& work) {
  return {"train",
          work.string(),
          "--config",
          "3d",
          "--fold",
          "0",
          "--epochs",
          "1",
          "--iterations",
          "2",
          "--batch-size",
          "2",
          "--val-iterations",
          "1",
          "--device",
          "cpu",
          "--threads",
          "1"};
}

inline std::filesystem::path model_in(const std::filesystem::path& work) {
  return work / "results/nnUNetTrainer__nnUNetPlans__3d_fullres";
}

/// Plans a tiny dataset in FOLDER/Dataset001_Ball to FOLDER/work.
inline Outcome plan_tiny_dataset(const std::filesystem::path& folder) {
  write_tiny_dataset(folder / "Dataset001_Ball");
  return run_seg(
      {"plan", (folder / "Dataset001_Ball").string(), "--work", (folder / "work").string()});
}

}  // namespace seg::test
