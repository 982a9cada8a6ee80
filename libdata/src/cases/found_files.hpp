#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "seg/data/case_table.hpp"

namespace seg::data {

/// Files by case as they are found one after the other.
class FoundFiles {
 public:
  FoundFiles(std::string source, std::vector<std::string> channel_names);

  /// @param group of the case; empty if not known.
  /// @throws Error for a second file of a channel or label map, a second group, a name that could
  /// not be a file's.
  void add_case(const std::string& name);  ///< of which no file may be known
  void add_channel(const std::string& name, std::size_t channel, const std::filesystem::path& file);
  void add_label(const std::string& name, const std::filesystem::path& file);
  void add_group(const std::string& name, const std::string& group);

  /// Label maps of cases that have no scan are told as an error, too.
  CaseTable table() &&;

 private:
  Case& case_named(const std::string& name, const std::filesystem::path& file);

  CaseTable table_;
  std::map<std::string, Case> cases_;
};

/// Every image file and every folder with a DICOM series in a folder, at any depth, without hidden
/// ones; sorted.
std::vector<std::filesystem::path> images_at_any_depth(const std::filesystem::path& folder);

}  // namespace seg::data
