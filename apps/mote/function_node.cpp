#include <apps/mote/function_node.hpp>

#include <apps/mote/descriptor_limit.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/functions/error.hpp>

#include <algorithm>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* own_program = "/proc/self/exe";

/// The program that runs, for sandboxes: these need a path, which it has no more when an update puts another file in its place.
/// So the node's directory gets it, by a link where that can be, else as a copy. Where neither is possible, or nothing may be
/// run from there, it is the program where it lies.
std::string kept_program(const fs::path& directory) {
    constexpr auto for_all = static_cast<fs::perms>(0555);  // functions of a node of root run as somebody else
    const fs::path kept = directory / "mote";
    struct statvfs about{};
    if (::statvfs(directory.c_str(), &about) != 0 || (about.f_flag & ST_NOEXEC) != 0) return own_program;
    std::error_code failed;
    fs::remove(kept, failed);  // of the last start
    if (::linkat(AT_FDCWD, own_program, AT_FDCWD, kept.c_str(), AT_SYMLINK_FOLLOW) == 0) return kept.string();
    fs::copy_file(own_program, kept, failed);
    if (!failed) fs::permissions(kept, for_all, failed);
    return failed ? own_program : kept.string();
}

node::node_options options_of(const nats::connection& connection, const node_settings& settings,
                              const fs::path& directory) {
    node::node_options options;
    options.id = settings.id;
    for (const std::string& label : settings.labels) {
        const auto equals = label.find('=');
        options.labels.insert_or_assign(label.substr(0, equals), label.substr(equals + 1));
    }
    options.directory = directory;
    options.sandbox = settings.sandbox;
    const std::string program = settings.sandbox ? kept_program(directory) : own_program;
    options.spawn_server = {program, "spawn-server"};
    options.http_echo = {program, "http-echo"};
    options.guard = {program, "node-guard"};
    options.nats_url = (connection.server().tls_required ? "tls://" : "nats://") + connection.connected_server();
    options.login_seed = settings.login_seed;
    options.login_account = settings.login_account;
    options.on_note = [](std::string_view what) { say("node: " + plain_reason(what)); };
    return options;
}

failure cannot_start(const boost::system::error_code& code, const std::string& reason, const fs::path& directory,
                     bool has_streams) {
    std::string line = "the node cannot start: " + reason;
    if (code == functions::errc::other_sealing_key)
        line += "; copy the file sealing.key of the first node to " + (directory / "sealing.key").string();
    else if (!has_streams)
        line += "; functions need a server with JetStream, such as `mote up`";
    return {exit_code_of(code), line};
}

}  // namespace

function_node::function_node(const nats::connection& connection, const node_settings& settings,
                             const fs::path& directory)
    : directory_(directory, "--directory"), node_(connection, options_of(connection, settings, directory_.path())) {}

asio::awaitable<std::unique_ptr<function_node>> function_node::start(nats::connection connection,
                                                                     node_settings settings) {
    if (!settings.id.empty() && !node::is_node_id(settings.id))
        throw failure(exit_code::usage, "--id: not 1 to 44 letters, digits and -: " + settings.id);
    for (const std::string& label : settings.labels) {
        const auto equals = std::min(label.find('='), label.size());
        if (!node::is_own_label(label.substr(0, equals), label.substr(std::min(equals + 1, label.size()))))
            throw failure(exit_code::usage, "--label: not NAME=VALUE, or begins with node.: " + label);
    }
    raise_descriptor_limit();
    const fs::path directory =
        settings.directory.empty() ? default_state_directory() / "node" : fs::path(settings.directory);
    std::unique_ptr<function_node> made(new function_node(connection, settings, directory));
    boost::system::error_code code;
    std::string reason;
    try {
        co_await made->node_.start();
        co_return made;
    } catch (const boost::system::system_error& error) {
        code = error.code();
        reason = plain_reason(error.what());
    }
    throw cannot_start(code, reason, made->directory(), connection.may_have_jetstream());
}

}  // namespace mote::command
