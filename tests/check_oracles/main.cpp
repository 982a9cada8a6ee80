#include <filesystem>
#include <iostream>
#include <vector>

#include "check.hpp"

int main(int argc, char** argv) {
  const std::vector<std::filesystem::path> folders(argv + 1, argv + argc);
  for (const auto& folder : folders) {
    if (std::filesystem::is_directory(folder)) continue;
    std::cerr << "error: " << folder.string() << ": is not a folder\n";
    return 2;
  }
  if (folders.empty()) {
    std::cerr << "usage: check_oracles DIR...\nReplays recorded outputs of nnU-Net and others.\n";
    return 2;
  }
  return seg::oracles::check_oracles(folders, std::cout);
}
