#include <filesystem>
#include <iostream>
#include <vector>

#include "check.hpp"
#include "seg/net/instruction_set.hpp"
#include "seg/plan/error.hpp"

/// What ctest takes for skipped.
constexpr int skipped = 77;

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
  try {
    seg::net::instruction_set();
  } catch (const seg::Error& error) {
    std::cout << "skipped: " << error.what() << '\n';
    return skipped;
  }
  return seg::oracles::check_oracles(folders, std::cout);
}
