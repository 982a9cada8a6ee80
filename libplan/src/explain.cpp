#include <array>
#include <cstdio>

#include "decisions.hpp"
#include "seg/plan/joined.hpp"

namespace seg::plan {
namespace {

std::string number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string count(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(),
                value == static_cast<std::int64_t>(value) ? "%.0f" : "%.1f", value);
  return text.data();
}

std::string percent(double share) { return number(100 * share) + " %"; }

std::vector<std::string> texts(const auto& values, std::string (*text)(double)) {
  std::vector<std::string> all;
  for (const auto value : values) all.push_back(text(static_cast<double>(value)));
  return all;
}

std::string extents(const auto& values) { return joined(texts(values, count), " x "); }
std::string millimetres(const auto& values) { return joined(texts(values, number), " x ") + " mm"; }

std::string millions(double estimate) { return number(estimate / 1e6) + " M"; }

std::string axis_name(int axis) { return "axis " + std::to_string(axis); }

void explain_spacing(const Decisions& decisions, Explanation& lines) {
  const TargetSpacing& target = decisions.target;
  lines.push_back("median spacing: " + millimetres(target.median) + " (axes as stored)");
  const std::string chosen = "target spacing: " + millimetres(decisions.spacing);
  if (decisions.spacing_given)
    lines.push_back(chosen + ", as asked for");
  else if (target.finer_slices)
    lines.push_back(chosen + ": along " + axis_name(target.coarsest_axis) +
                    " slices are more than 3 times thicker than pixels are wide and fewer than a "
                    "third of them, so the 10th percentile is taken there");
  else
    lines.push_back(chosen + ", the median");
}

void explain_geometry(const Decisions& decisions, const Fingerprint& fingerprint,
                      Explanation& lines) {
  const auto& order = decisions.transpose.forward;
  lines.push_back("transpose: " + joined(texts(order, count), " ") + ", because " +
                  axis_name(order[0]) +
                  " has the largest target spacing and comes first; below, axes are in this order");
  lines.push_back(
      "median shape of " + std::to_string(fingerprint.spacings.size()) +
      " cases at the target spacing: " + extents(transposed(decisions.median_shape, order)));
}

void explain_normalization(const Decisions& decisions, const Fingerprint& fingerprint,
                           Explanation& lines) {
  const NormalizationRule& rule = decisions.normalization;
  for (std::size_t channel = 0; channel < rule.schemes.size(); ++channel)
    lines.push_back("channel " + std::to_string(channel) + ": " + rule.schemes[channel] +
                    (rule.use_mask[channel] ? " inside the non-zero mask" : " over all voxels") +
                    ", cropping keeps " + percent(fingerprint.median_relative_size_after_cropping));
}

int changed_axis(const PatchTrial& before, const PatchTrial& after) {
  int axis = 0;
  while (before.patch_size[axis] == after.patch_size[axis]) ++axis;
  return axis;
}

void explain_patch(const std::string& name, const ConfigurationPlan& plan, Explanation& lines) {
  const PatchTrial& first = plan.trials.front();
  lines.push_back(name + ": patch starts at " + extents(plan.initial_patch_size) +
                  (plan.images.spacing.size() == 3 ? " (256^3" : " (2048^2") +
                  " voxels of equal length in mm, at most the median shape), padded to " +
                  extents(first.patch_size) + ": memory estimate " +
                  millions(static_cast<double>(first.memory_estimate)) + ", a patch may have " +
                  millions(plan.largest_patch_estimate));
  for (std::size_t trial = 1; trial < plan.trials.size(); ++trial) {
    const PatchTrial &before = plan.trials[trial - 1], &after = plan.trials[trial];
    const int axis = changed_axis(before, after);
    lines.push_back(
        name + ": " + axis_name(axis) + " covers the largest part of the median shape: " +
        std::to_string(before.patch_size[axis]) + " -> " + std::to_string(after.patch_size[axis]) +
        ", memory estimate " + millions(static_cast<double>(before.memory_estimate)) + " -> " +
        millions(static_cast<double>(after.memory_estimate)));
  }
}

void explain_network(const std::string& name, const ConfigurationPlan& plan,
                     const PoolingRule& rule, Explanation& lines) {
  lines.push_back(name + ": patch " + extents(plan.patch_size()) + ", " +
                  std::to_string(plan.topology.stages()) + " stages with " +
                  joined(texts(plan.network.features_per_stage, count), " ") +
                  " features; pooling divides the axes by " + extents(plan.topology.divisible_by) +
                  (rule.fixed ? " (the network asks for it)"
                              : " (an axis is halved while 8 voxels long or more and less than "
                                "twice as coarse as the finest)"));
}

void explain_batch(const std::string& name, const ConfigurationPlan& plan, double share,
                   Explanation& lines) {
  lines.push_back(name + ": batch size " + std::to_string(plan.batch_size) + ": memory allows " +
                  std::to_string(plan.batch_size_from_memory) + ", " + percent(share) +
                  " of the dataset's voxels allow " + std::to_string(plan.batch_size_from_dataset) +
                  ", the least is 2");
}

void explain_configuration(const std::string& name, const ConfigurationPlan& plan,
                           const Decisions& decisions, Explanation& lines) {
  lines.push_back(name + ": spacing " + millimetres(plan.images.spacing) + ", median shape " +
                  extents(plan.images.median_shape));
  explain_patch(name, plan, lines);
  explain_network(name, plan, decisions.task.preset.poolings, lines);
  explain_batch(name, plan, decisions.task.preset.largest_share_of_dataset_per_batch, lines);
}

void explain_lowres(const Decisions& decisions, Explanation& lines) {
  const LowresSearch& search = decisions.lowres;
  const std::string covered = "3d_lowres: a 3d_fullres patch covers " +
                              percent(search.patch_share) + " of the median image";
  if (!search.plan) {
    lines.push_back(covered + ", at least 25 % is enough: no low resolution stage");
    return;
  }
  lines.push_back(covered + ", less than 25 %: spacing raised by 3 % " +
                  std::to_string(search.rounds) + " times to " +
                  millimetres(search.plan->images.spacing) + ", images " +
                  number(search.shrinkage) + " times smaller" +
                  (search.kept() ? "" : "; dropped, because that is less than 2 times"));
  if (search.kept()) explain_configuration("3d_lowres", *search.plan, decisions, lines);
}

}  // namespace

Explanation explain(const Decisions& decisions, const Fingerprint& fingerprint) {
  Explanation lines;
  lines.push_back("planner " + decisions.task.preset.planner_class + ", GPU memory target " +
                  number(decisions.task.gpu_memory_gb) + " GB");
  explain_spacing(decisions, lines);
  explain_geometry(decisions, fingerprint, lines);
  explain_normalization(decisions, fingerprint, lines);
  explain_configuration("2d", decisions.in_2d, decisions, lines);
  if (decisions.fullres) {
    explain_configuration("3d_fullres", *decisions.fullres, decisions, lines);
    explain_lowres(decisions, lines);
  } else {
    lines.push_back(std::string("no 3d configuration: the ") + (decisions.task.preset.only_2d
                                                                    ? "network is for 2d"
                                                                    : "images have one slice"));
  }
  return lines;
}

}  // namespace seg::plan
