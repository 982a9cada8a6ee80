#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "seg/train/predictor.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

namespace seg::test {

/// A model with random weights and three scans of noise.
struct SmallWorkplace {
  TemporaryFolder folder;
  train::PredictOptions options;
  mutable std::vector<std::string> news;

  SmallWorkplace() {
    options.mirroring = false;
    write_small_model(folder / "model", {"0", "1"});
    for (const char* name : {"a", "b", "c"})
      write_small_scan(folder / "scans" / (std::string(name) + "_0000.nii.gz"));
  }
  /// As if the model had been trained with another of nnU-Net's readers.
  void set_reader(const std::string& name) const {
    Json plans = small_plans();
    plans["image_reader_writer"] = name;
    write_json(folder / "model/plans.json", plans);
  }
  std::vector<std::string> predict(const std::string& scans = "scans") const {
    Reporter reporter;
    reporter.info = reporter.warning = [&](const std::string& line) { news.push_back(line); };
    return train::predict(folder / "model", folder / scans, folder / "out", options, reporter)
        .finished;
  }
  bool said(const std::string& text) const {
    return std::ranges::any_of(
        news, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  std::filesystem::path output(const std::string& name) const { return folder / ("out/" + name); }
};

}  // namespace seg::test
