#include <tests/mote/data/data_live.hpp>

#include <tests/nats/live.hpp>

#include <mote/kv/bucket.hpp>
#include <mote/objects/store.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

namespace mote::test {
namespace {

asio::awaitable<void> make_stores(const nats_server& server) {
    const auto connection = co_await connect_to(server);
    const jetstream::context js(connection);
    kv::bucket_config bucket;
    bucket.bucket = "settings";
    bucket.description = "of the shop";
    bucket.history = 5;
    co_await kv::bucket::create(js, bucket);
    objects::store_config store;
    store.store = "reports";
    store.description = "each month";
    co_await objects::store::create(js, store);
    connection.close();
}

}  // namespace

void data_live::SetUp() {
    command_live::SetUp();
    if (server) test::run(make_stores(*server));
}

std::unique_ptr<process> data_live::start(std::vector<std::string> arguments) const {
    return std::make_unique<process>(command_environment::line(std::move(arguments)),
                                     environment.options({{"NATS_URL", server->url()}}));
}

run_result data_live::shell(const std::string& line) const {
    const std::string before = "set -o pipefail; mote() { '" + std::string(MOTE_PROGRAM) + "' \"$@\"; }; ";
    return test::run({"/bin/bash", "-c", before + line}, environment.options({{"NATS_URL", server->url()}}));
}

void data_live::write_file(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_of(name), std::ios::binary) << bytes;
}

std::string data_live::bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> data_live::files() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(folder.path()))
        names.push_back(each.path().filename().string());
    std::ranges::sort(names);
    return names;
}

std::string noise(std::size_t size) {
    std::mt19937_64 numbers(7);  // NOLINT(cert-msc51-cpp): the same each time
    std::string bytes(size, '\0');
    for (char& each : bytes) each = static_cast<char>(numbers() >> 32U);
    return bytes;
}

}  // namespace mote::test
