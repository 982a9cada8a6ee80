#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "seg/data/plan_dataset.hpp"

namespace seg::app {

struct LikeArguments {
  std::optional<std::filesystem::path> like;
  std::string adaptation = "keep";
};

/// --like of seg plan, which is returned, and --adapt.
CLI::Option* add_like(CLI::App& command, LikeArguments& arguments);

/// Lets what --like names, if it was given, decide on plans: a model is taken over, a checkpoint of
/// nnssl is planned for with the plans of its network.
/// @throws CLI::ValidationError for options of the command that would change nothing then.
void take_over(const LikeArguments& arguments, const CLI::App& command,
               data::PlanDatasetOptions& planning);

}  // namespace seg::app
