#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <thread>

#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/files.hpp"
#include "seg/train/sha256.hpp"
#include "skip.hpp"
#include "small_place.hpp"
#include "text.hpp"

// seg install of files and addresses with the checksum that they must have.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Answers each request with one file while it lives, on a port of this machine.
class FileServer {
 public:
  explicit FileServer(std::string content) : content_(std::move(content)) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(socket_, any, size) == 0);
    REQUIRE(listen(socket_, 4) == 0);
    REQUIRE(getsockname(socket_, any, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FileServer() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/model.zip"; }

 private:
  void serve() const {
    for (int peer = 0; (peer = accept(socket_, nullptr, nullptr)) >= 0; close(peer)) {
      char request[4096];
      if (recv(peer, request, sizeof request, 0) <= 0) continue;
      const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                 std::to_string(content_.size()) + "\r\n\r\n" + content_;
      for (std::size_t sent = 0; sent < answer.size();) {
        const ssize_t more = send(peer, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (more <= 0) break;
        sent += static_cast<std::size_t>(more);
      }
    }
  }

  std::string content_;
  int socket_ = -1, port_ = 0;
  std::thread thread_;
};

/// A model that is packed, and its checksum as sha256sum tells it.
struct PackedModel {
  SmallPlace place;
  fs::path zip = place.folder / "model.zip";
  std::string sum;

  PackedModel() {
    REQUIRE(run_seg({"export", (place.folder / "model").string(), "-o", zip.string()}).exit_code ==
            0);
    const std::string out = (place.folder / "sum").string();
    REQUIRE(std::system(("sha256sum " + zip.string() + " >" + out).c_str()) == 0);
    sum = bytes_of(out).substr(0, 64);
  }
  Outcome install(const std::string& source, const std::string& to,
                  const std::string& sha256) const {
    return run_seg({"install", source, "-o", (place.folder / to).string(), "--sha256", sha256});
  }
  void check_installed(const std::string& source, const std::string& to) const {
    const Outcome outcome = install(source, to, sum);
    INFO(source << "\n" << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    const fs::path model = lines_with(outcome.out, "model: ").at(0).substr(7);
    CHECK(bytes_of(model / "fold_0/checkpoint_final.pth") ==
          bytes_of(place.folder / "model/fold_0/checkpoint_final.pth"));
    CHECK(read_json(place.folder / to / "seg_install.json").at("options").at("sha256") == sum);
  }
};

}  // namespace

TEST_CASE("a file and an address are installed with the checksum that they have, and no other") {
  const PackedModel model;
  model.check_installed(model.zip.string(), "of_file");
  std::string upper = model.sum;
  std::ranges::transform(upper, upper.begin(), ::toupper);
  CHECK(model.install(model.zip.string(), "of_upper_case", upper).exit_code == 0);
  if (!fs::exists(data::plugin_file("download"))) return skip("built without downloads");
  model.check_installed("file://" + model.zip.string(), "of_file_address");
  const FileServer server(bytes_of(model.zip));
  setenv("no_proxy", "127.0.0.1", 1);
  model.check_installed(server.address(), "of_address");
  expect_error(model.install(server.address(), "wrong", std::string(64, '0')), "model.zip",
               model.place.folder.path());
  CHECK_FALSE(fs::exists(model.place.folder / "wrong/Dataset999_Small"));
  unsetenv("no_proxy");
}
