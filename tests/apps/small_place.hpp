#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "catch.hpp"
#include "run_seg.hpp"
#include "seg/data/image.hpp"
#include "train/small_model.hpp"

namespace seg::test {

/// A small model and a scan to predict.
struct SmallPlace {
  TemporaryFolder folder;

  explicit SmallPlace(const std::vector<std::string>& folds = {"0"}) {
    at::manual_seed(3);  // weights that find parts of both labels
    write_small_model(folder / "model", folds);
    write_small_scan(folder / "scans/a_0000.nii.gz");
  }
  Outcome predict(const std::string& output, const std::vector<std::string>& options) const {
    std::vector<std::string> arguments{"predict",
                                       "-m",
                                       (folder / "model").string(),
                                       "-i",
                                       (folder / "scans").string(),
                                       "-o",
                                       (folder / output).string(),
                                       "--threads",
                                       "1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_seg(arguments);
  }
  /// What a prediction wrote.
  at::Tensor written(const std::string& output) const {
    return data::read_label_map(folder / output / "a.nii.gz").data[0];
  }
  /// The label map that it writes.
  at::Tensor labels(const std::string& output, const std::vector<std::string>& options) const {
    const Outcome outcome = predict(output, options);
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    return written(output);
  }
};

}  // namespace seg::test
