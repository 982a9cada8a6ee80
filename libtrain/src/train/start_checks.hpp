#pragma once

#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"
#include "train/task.hpp"

namespace seg::train {

/// What is wrong with a start before anything is preprocessed or written: a finished run, a stopped
/// one that a trial would remove, nothing to resume, impossible settings, other folds of the model
/// trained by other plans, no first stage of a cascade, no pretrained weights. Chooses the recipe
/// of a run that does not resume; tells settings that do nothing or differ from other folds'.
/// @throws Error.
void check_start(Task& task, const Reporter& reporter);

/// @throws Error when a new fold would be told other settings than the model's trained ones were.
void require_settings_of_other_folds(Task task);

/// @throws Error for a run in the fold's folder that the task's run must not replace.
void require_free_fold(const Task& task);

/// Warns of settings that were asked for and do nothing beside the others, as the momentum of adam.
void tell_idle_settings(const Task& task, const Reporter& reporter);

/// What the files of the model have otherwise than the task; nothing where they cannot be read.
std::vector<std::string> changed_since(const Task& task);

}  // namespace seg::train
