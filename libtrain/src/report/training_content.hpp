#pragma once

#include "report/sources.hpp"

namespace seg::train {

/// A list of the models' trainings: {"model", "classes": [NAME], "folds": [{"fold", "state",
/// "epochs", "all_epochs", "seconds", "at": [EPOCH], "train_loss": [..], ..., "class_at": [EPOCH],
/// "class_dice": [[..]]}]}. Curves of more than a thousand epochs are thinned: "at" tells which.
Json trainings_content(const ReportSources& sources, Notices& notices);

}  // namespace seg::train
