#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/work_folder.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Collects, and warns of, what a report has to leave out.
class Notices {
 public:
  explicit Notices(const Reporter& reporter) : reporter_(reporter) {}
  void add(const std::string& line);
  /// Runs a piece of work; an error in a file of it (`source`, where that is not an Error which
  /// says so itself) becomes a notice. @returns whether it ended well.
  bool guard(const std::filesystem::path& source, const std::function<void()>& work);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const Reporter& reporter_;
  std::vector<std::string> lines_;
};

/// Null for a file that is not there, and with a notice for one that is no JSON.
Json read_if_there(const std::filesystem::path& file, Notices& notices);

/// What a report is about.
struct ReportSources {
  std::string kind;                           ///< "work", "model" or "predictions"
  std::filesystem::path folder;               ///< absolute
  std::optional<data::WorkFolder> work;       ///< where one is known
  std::optional<plan::Dataset> dataset;       ///< unless its file is not there or damaged
  std::vector<std::filesystem::path> plans;   ///< files
  std::vector<std::filesystem::path> models;  ///< folders
};

/// @throws Error when the folder is not there, or neither a work folder, a model nor predictions.
ReportSources find_sources(const std::filesystem::path& folder, Notices& notices);

}  // namespace seg::train
