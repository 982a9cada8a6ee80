#pragma once

#include <ATen/ATen.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "seg/data/npy.hpp"
#include "skip.hpp"
#include "test_files.hpp"
//
#include "catch.hpp"

namespace seg::test {

inline std::filesystem::path oracle_folder(const std::string& topic) {
  return shared_data() / "oracles" / topic;
}

/// The manifest of a folder of recorded outputs; warns and gives nothing when it is not there.
inline std::optional<nlohmann::json> oracle(const std::string& topic) {
  std::ifstream file(oracle_folder(topic) / "manifest.json");
  if (file) return nlohmann::json::parse(file);
  skip("no recorded outputs of " + topic);
  return std::nullopt;
}

/// A recorded array, in memory that belongs to it.
inline at::Tensor oracle_array(const std::string& topic, const std::string& file) {
  return data::map_npy(oracle_folder(topic) / file).clone();
}

}  // namespace seg::test
