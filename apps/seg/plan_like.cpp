#include "plan_like.hpp"

#include "seg/train/adaptation_plan.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

/// An option that changes nothing because the plans or the checkpoint of --like decide.
void refuse_without_effect(const std::string& option, const fs::path& like,
                           const CLI::App& command) {
  if (command.count(option))
    throw CLI::ValidationError(option, "would change nothing: " + like.string() +
                                           " decides that, which --like names; leave one out");
}

/// Taken over from another model is all but names and folders.
void refuse_beside_plans(const fs::path& like, const CLI::App& command) {
  if (command.count("--adapt"))
    throw CLI::ValidationError("--adapt",
                               "is for a checkpoint of nnssl, and " + like.string() + " is none");
  for (const char* option : {"--gpu-memory", "--spacing"})
    refuse_without_effect(option, like, command);
}

}  // namespace

CLI::Option* add_like(CLI::App& command, LikeArguments& arguments) {
  auto* like =
      command.add_option("--like", arguments.like,
                         "model folder or plans.json: plan so that its weights fit; or a "
                         "checkpoint of nnssl (OpenMind's ResEnc-L): plan to start from it");
  command
      .add_option("--adapt", arguments.adaptation,
                  "what a checkpoint of nnssl decides: nothing (keep), its network, patch and "
                  "spacing (like_pretrained), or not the spacing (default_nnunet)")
      ->check(CLI::IsMember(train::adaptation_names()))
      ->needs(like);
  return like;
}

void take_over(const LikeArguments& arguments, const CLI::App& command,
               data::PlanDatasetOptions& planning) {
  if (!arguments.like) return;
  const fs::path& like = *arguments.like;
  planning.like = like;
  if (!fs::exists(like)) return;  // it is said where it is read
  if (!train::is_checkpoint(like)) return refuse_beside_plans(like, command);
  const auto adaptation = train::adaptation_named(arguments.adaptation);
  planning.like.reset();
  planning.pretraining = train::read_adaptation_plan(like, adaptation);
  // It may bring patch and network, which memory is planned for, and its spacing.
  const Json& brought = planning.pretraining->configuration;
  if (brought.contains("patch_size")) refuse_without_effect("--gpu-memory", like, command);
  if (brought.contains("spacing")) refuse_without_effect("--spacing", like, command);
  planning.planner.preset = adaptation == train::Adaptation::keep_plan ? "resenc-l" : "default";
}

}  // namespace seg::app
