#include <apps/mote/bundle_push.hpp>

#include <apps/mote/text.hpp>

#include <mote/functions/built_in.hpp>
#include <mote/functions/error.hpp>
#include <mote/jetstream/context.hpp>

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

asio::awaitable<functions::bundle_store> open_store(server_access access) {
    const jetstream::context js(access.connection);
    std::string reason;
    exit_code code = exit_code::ok;
    try {
        co_return co_await functions::bundle_store::open(js);
    } catch (const boost::system::system_error& error) {
        reason = plain_reason(error.what());
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
    try {
        co_return co_await store.push(image, directory);
    } catch (const boost::system::system_error& error) {
        reason = error.code().category() == functions::functions_category() ? functions::detail_of(error)
                                                                            : plain_reason(error.what());
    }
    throw failure(exit_code::error, directory + " cannot be pushed: " + reason);
}

asio::awaitable<std::vector<functions::stored_bundle>> pushed_bundles(server_access access) {
    const auto store = co_await open_store(access);
    co_return co_await store.list();
}

}  // namespace mote::command
