// Plans a dataset and trains one fold of it: train_in_process DATASET WORK CONFIGURATION SETTINGS
#include <csignal>
#include <iostream>

#include "seg/training.hpp"

namespace {

std::atomic<bool> stop = false;

extern "C" void ask_to_stop(int) { stop = true; }

void show(const seg::EpochReport& epoch) {
  std::cout << "epoch " << epoch.epoch << " of " << epoch.epochs << ": loss " << epoch.train_loss
            << ", pseudo Dice " << epoch.pseudo_dice << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: train_in_process DATASET WORK CONFIGURATION SETTINGS\n";
    return 2;
  }
  std::signal(SIGINT, ask_to_stop);
  seg::RunControl control;
  control.epoch = show;
  control.stop = &stop;
  seg::plan_work({argv[1], argv[2]}, control);
  seg::TrainRequest request;
  request.work = argv[2];
  request.configuration = argv[3];
  request.settings = argv[4];
  const seg::TrainedFold fold = seg::train_fold(request, control);
  std::cout << (fold.stopped ? "stopped: " : "model: ") << fold.model.string() << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
