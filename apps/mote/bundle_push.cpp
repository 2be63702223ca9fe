#include <apps/mote/bundle_push.hpp>

#include <apps/mote/text.hpp>

#include <mote/functions/built_in.hpp>
#include <mote/functions/error.hpp>
#include <mote/jetstream/context.hpp>
#include <mote/jetstream/error.hpp>
#include <mote/nats/error.hpp>

#include <boost/system/system_error.hpp>

#include <filesystem>

namespace mote::command {
namespace {

namespace asio = boost::asio;

functions::image_name parsed(const std::string& name) {
    try {
        return functions::image_name::parse(name);
    } catch (const boost::system::system_error& error) {
        throw failure(exit_code::usage, "the name of the bundle: " + functions::detail_of(error));
    }
}

/// Why it failed, for a person. Newer servers say nothing to what their disk has no room for.
std::string reason_of(const boost::system::system_error& error) {
    if (error.code().category() == functions::functions_category()) return functions::detail_of(error);
    if (error.code() == jetstream::errc::insufficient_resources)
        return "the NATS server has no room left for it: " + plain_reason(error.what());
    if (error.code() == nats::errc::timeout)
        return "the NATS server did not answer in time; it is busy, or its disk may be full";
    return plain_reason(error.what());
}

asio::awaitable<functions::bundle_store> open_store(server_access access) {
    const jetstream::context js(access.connection);
    std::string reason;
    exit_code code = exit_code::ok;
    try {
        co_return co_await functions::bundle_store::open(js);
    } catch (const boost::system::system_error& error) {
        reason = reason_of(error);
        code = exit_code_of(error.code());
    }
    const bool has_streams = access.connection.may_have_jetstream();
    throw failure(code,
                  "bundles: " + reason + (has_streams ? "" : "; they need a server with JetStream, such as `mote up`"));
}

}  // namespace

asio::awaitable<functions::stored_bundle> push_bundle(server_access access, std::string name, std::string directory) {
    const auto image = parsed(name);
    if (functions::built_in(image))
        throw failure(exit_code::usage, name + ": is built in, and cannot be pushed; choose another name");
    if (!std::filesystem::exists(directory))
        throw failure(exit_code::usage, directory + ": is not there; name a directory, or a tar or tar.gz file");
    const auto store = co_await open_store(access);
    std::string reason;
    exit_code code = exit_code::ok;
    try {
        co_return co_await store.push(image, directory);
    } catch (const boost::system::system_error& error) {
        reason = reason_of(error);
        code = exit_code_of(error.code());
    }
    throw failure(code, directory + " cannot be pushed: " + reason);
}

asio::awaitable<std::vector<functions::stored_bundle>> pushed_bundles(server_access access) {
    const auto store = co_await open_store(access);
    co_return co_await store.list();
}

}  // namespace mote::command
