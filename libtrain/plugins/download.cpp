#include <curl/curl.h>

#include <cstdio>
#include <memory>

namespace {

using Transfer = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Target = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

/// A connection that brings less than a byte a second for a minute is given up.
void configure(CURL* transfer, const char* url, std::FILE* target, char* problem) {
  curl_easy_setopt(transfer, CURLOPT_URL, url);
  curl_easy_setopt(transfer, CURLOPT_WRITEDATA, target);
  curl_easy_setopt(transfer, CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(transfer, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(transfer, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(transfer, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(transfer, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(transfer, CURLOPT_LOW_SPEED_TIME, 60L);
}

}  // namespace

/// seg::train::Download (src/base/download.hpp).
extern "C" const char* seg_download(const char* url, const char* file) {
  static thread_local char problem[CURL_ERROR_SIZE];
  problem[0] = '\0';
  const Transfer transfer(curl_easy_init(), &curl_easy_cleanup);
  Target target(std::fopen(file, "wb"), &std::fclose);
  if (!transfer || !target) return "the file cannot be made";
  configure(transfer.get(), url, target.get(), problem);
  const CURLcode code = curl_easy_perform(transfer.get());
  if (code != CURLE_OK) return problem[0] ? problem : curl_easy_strerror(code);
  return std::fclose(target.release()) == 0 ? nullptr : "the disk is full";
}
