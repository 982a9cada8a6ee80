#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seg::train {

/// With t from 0 to 1 over the epochs after the warm-up, poly is learning_rate * (1 - t)^0.9
/// (nnU-Net's) and cosine learning_rate * (1 + cos(pi t)) / 2 (as nnUNetTrainerCosAnneal).
std::vector<std::string> schedule_names();

/// How the learning rate changes from epoch to epoch; it is set once at the start of each.
struct Schedule {
  std::string name = "poly";  ///< of schedule_names()
  double learning_rate = 0.01;
  std::int64_t epochs = 1000, warm_up_epochs = 0, decoder_warm_up_epochs = 0;
};

/// In warm-up the rate rises linearly up to learning_rate (as nnUNetTrainer_warmup), then it
/// follows the schedule. A warm-up of the decoder alone comes before, in the same way.
double learning_rate_at(const Schedule& schedule, std::int64_t epoch);

}  // namespace seg::train
