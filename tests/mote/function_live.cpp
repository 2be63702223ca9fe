#include <tests/mote/function_live.hpp>

#include <tests/support/deadline.hpp>
#include <tests/support/loopback.hpp>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>

namespace mote::test {

namespace fs = std::filesystem;

void function_live::SetUp() {
    if (!require_nats_server()) return;
    port = free_port();
    http_port = free_port();
    start();
}

void function_live::start(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"up", "--port", std::to_string(port), "--http-port", std::to_string(http_port)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    up = std::make_unique<process>(command_environment::line(arguments), environment.options());
    if (!up->wait_for_output("Ctrl-C ends", patience)) throw std::runtime_error("not up: " + up->output());
    std::istringstream lines(up->out());
    std::getline(lines, nats_url);
    std::getline(lines, url);
}

std::map<std::string, std::string> function_live::addresses() const {
    return {{"NATS_URL", nats_url}, {"OPENFAAS_URL", url}};
}

run_result function_live::mote(std::vector<std::string> arguments, std::map<std::string, std::string> env,
                               std::string input) const {
    env.merge(addresses());
    return environment.run(std::move(arguments), std::move(env), std::move(input));
}

void function_live::deploy(const std::string& name, const std::string& command, std::vector<std::string> more) const {
    std::vector<std::string> arguments{"deploy", name, "--image", "functions/alpine", "--fprocess", command};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = mote(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, url + "/function/" + name + "\n");
}

fs::path function_live::write(const fs::path& name, const std::string& text, bool executable) const {
    const auto path = environment.home() / name;
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path.string());
    if (executable) fs::permissions(path, fs::perms::owner_all);
    return path;
}

bool eventually_holds(const std::function<bool()>& condition) {
    const deadline limit(std::chrono::minutes(1));
    while (!condition()) {
        if (limit.passed()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

unsigned mode_of(const fs::path& path) {
    struct stat about{};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 0777U;
}

std::string file_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace mote::test
