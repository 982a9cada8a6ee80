#include "train/pretrained.hpp"

#include "base/download.hpp"
#include "base/sha256.hpp"
#include "seg/net/pretrained.hpp"

namespace seg::train {
namespace {

std::filesystem::path downloaded(const std::string& url, const std::filesystem::path& folder,
                                 const Reporter& reporter) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  const auto file = folder / path.substr(path.rfind('/') + 1);
  if (!std::filesystem::exists(file)) {
    reporter.say("downloading " + url);
    download(url, file);
  }
  return file;
}

}  // namespace

std::filesystem::path pretrained_file(const Task& task, const TrainOptions& options,
                                      const Reporter& reporter) {
  const std::filesystem::path file =
      is_url(*options.pretrained)
          ? downloaded(*options.pretrained, task.work.root / "pretrained", reporter)
          : std::filesystem::path(*options.pretrained);
  if (options.pretrained_sha256) check_sha256(file, *options.pretrained_sha256);
  return file;
}

void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter) {
  const auto report = net::load_pretrained(network, file);
  reporter.say("starting from " + file.string());
  for (const auto& line : net::summary(report)) reporter.say("  " + line);
}

}  // namespace seg::train
