#include <iostream>

#include "seg/plan/labels.hpp"

/// outputs FOLDER: how many outputs a network for the dataset.json in FOLDER has.
int main(int, char** argv) {
  std::cout << seg::plan::labels_of(seg::plan::read_dataset(argv[1])).network_outputs() << '\n';
}
