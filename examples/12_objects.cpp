// The Object Store: things of any size, in chunks, with a digest; links and files. Needs a nats-server with --jetstream.

#include <mote/nats/environment.hpp>
#include <mote/objects/files.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>

namespace asio = boost::asio;
namespace nats = mote::nats;
namespace objects = mote::objects;

namespace {

/// Ten lines, one at a time; an empty piece is the end. The arguments are bound, so that it is no capturing lambda.
asio::awaitable<std::string> next_line(std::shared_ptr<int> count) {
    if (*count == 10) co_return std::string();
    co_return "line " + std::to_string(++*count) + "\n";
}

asio::awaitable<void> use(objects::store reports) {
    co_await reports.put("empty.txt", "");

    objects::object_meta meta;
    meta.name = "lines.txt";
    meta.description = "ten lines";
    const objects::object_info stored =
        co_await reports.put(meta, std::bind_front(next_line, std::make_shared<int>(0)));
    std::cout << stored.name << ": " << stored.size << " bytes, " << stored.digest << '\n';

    auto reader = co_await reports.get("lines.txt");  // piece by piece; get_bytes for the whole
    std::size_t bytes = 0;
    while (const auto piece = co_await reader.next()) bytes += piece->size();
    std::cout << "read " << bytes << " bytes back\n";

    for (const objects::object_info& each : co_await reports.list()) std::cout << "there is " << each.name << '\n';
}

asio::awaitable<void> link(objects::store reports) {
    const auto lines = co_await reports.info("lines.txt");
    if (!lines) co_return;
    co_await reports.link_to("newest.txt", *lines);
    const std::string text = co_await reports.get_bytes("newest.txt");
    std::cout << "newest.txt is read as lines.txt: " << text.size() << " bytes\n";
}

asio::awaitable<void> exchange_files(objects::store reports, std::filesystem::path folder) {
    const auto file = folder / "lines.txt";
    co_await objects::get_file(reports, "newest.txt", file);  // whole, or not there
    objects::object_meta meta;
    meta.name = "copy.txt";
    const auto stored = co_await objects::put_file(reports, file, meta);
    std::cout << "copy.txt has " << stored.size << " bytes\n";
    std::filesystem::remove(file);
}

asio::awaitable<void> client() {
    nats::options opts = nats::options_from_environment();
    opts.name = "12_objects";
    const auto nc = co_await nats::connection::connect(opts);
    objects::store_config config;
    config.store = "reports";
    const auto reports = co_await objects::store::create_or_open(mote::jetstream::context(nc), config);
    co_await use(reports);
    co_await link(reports);
    co_await exchange_files(reports, std::filesystem::temp_directory_path());
    co_await nc.drain();
}

}  // namespace

int main() try {
    asio::io_context io(1);
    asio::co_spawn(io, client(), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
