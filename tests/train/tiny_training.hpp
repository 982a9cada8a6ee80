#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "catch.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/trainer.hpp"
#include "tiny_work.hpp"

namespace seg::test {

/// Options of a training of a second or two.
inline train::TrainOptions tiny_options() {
  train::TrainOptions options;
  options.settings = {{"epochs", 2}, {"iterations", 3}, {"val_iterations", 2}, {"seed", 7}};
  options.device = "cpu";
  options.threads = 1;
  return options;
}

/// Stops at `done` of an activity.
struct StopAt {
  std::string activity;
  std::size_t done;
};

inline train::TrainResult train_until(const std::filesystem::path& work,
                                      const train::TrainOptions& options, const StopAt& place) {
  std::atomic<bool> stop = false;
  Reporter reporter;
  reporter.progress = [&](const std::string& activity, std::size_t done, std::size_t) {
    if (activity == place.activity && done == place.done) stop = true;
  };
  return train::train(work, options, stop, reporter);
}

inline train::TrainResult train_through(const std::filesystem::path& work,
                                        const train::TrainOptions& options) {
  return train_until(work, options, {"", 0});
}

inline net::Value weights_of(const std::filesystem::path& file) {
  const auto checkpoint = net::read_checkpoint(file);
  REQUIRE(checkpoint.find("network_weights"));
  return *checkpoint.find("network_weights");
}

inline at::Tensor weight_of(const std::filesystem::path& file, const std::string& name) {
  const auto weights = weights_of(file);
  REQUIRE(weights.find(name));
  return weights.find(name)->as<at::Tensor>(name);
}

inline bool equal_weights(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto first = weights_of(a), second = weights_of(b);
  const auto& entries = first.as<net::Value::Dict>("weights");
  for (const auto& [name, tensor] : entries) {
    const auto* other = second.find(name.as<std::string>("name"));
    if (!other || !at::equal(tensor.as<at::Tensor>("a"), other->as<at::Tensor>("b"))) return false;
  }
  return !entries.empty();
}

inline at::Tensor labels_in(const std::filesystem::path& file) {
  return data::read_label_map(file).data;
}

/// What a training that must fail says.
inline std::string error_of(const std::filesystem::path& work, const train::TrainOptions& options) {
  try {
    train_through(work, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace seg::test
