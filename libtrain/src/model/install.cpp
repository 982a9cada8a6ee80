#include "base/download.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/train/install_model.hpp"
#include "seg/train/sha256.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

bool is_version_1(const std::string& name) { return name.ends_with(".model"); }

std::vector<fs::path> install_file(const fs::path& file, const InstallRequest& request) {
  if (!request.sha256.empty()) check_sha256(file, request.sha256);
  if (is_version_1(file.string())) return {install_version_1_model(file, request.output)};
  return install_model(file, request.output);
}

/// A file that is gone in the end, however it ends.
struct TemporaryFile {
  fs::path path;
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

std::vector<fs::path> install_from_address(const InstallRequest& request,
                                           const Reporter& reporter) {
  const std::string& url = request.source;
  if (is_version_1(file_name_of(url)))
    throw Error(url, "is half of a model: it needs its .model.pkl, too",
                "download both into one folder and give the file");
  const TemporaryFile file{temporary_beside(request.output / file_name_of(url))};
  reporter.say("downloading " + url);
  download(url, file.path);
  if (request.sha256.empty()) reporter.say("sha256 " + sha256_of(file.path));
  try {
    return install_file(file.path, request);
  } catch (const Error& error) {
    ErrorParts parts = error.parts();
    if (parts.where == file.path.string()) parts.where = url;
    throw Error(error.kind(), parts);
  }
}

}  // namespace

std::vector<std::string> install_intentions(const InstallRequest& request) {
  require_folder_name(request.output);
  if (is_url(request.source))
    throw Error(request.source, "would have to be downloaded to know what it holds",
                "download it yourself and give the file");
  if (!request.sha256.empty()) check_sha256(request.source, request.sha256);
  std::vector<std::string> lines;
  const auto files =
      is_version_1(request.source) ? files_to_install_of_version_1 : files_to_install;
  for (const fs::path& file : files(request.source, request.output))
    lines.push_back(to_write(file));
  return lines;
}

std::vector<fs::path> install(const InstallRequest& request, const Reporter& reporter) {
  require_folder_name(request.output);
  return is_url(request.source) ? install_from_address(request, reporter)
                                : install_file(request.source, request);
}

}  // namespace seg::train
