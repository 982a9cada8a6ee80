#include "pretrained.hpp"

#include "seg/net/pretrained.hpp"

namespace seg::train {

void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter) {
  const auto report = net::load_pretrained(network, file);
  reporter.say("starting from " + file.string());
  for (const auto& line : net::summary(report)) reporter.say("  " + line);
}

}  // namespace seg::train
