#include <apps/mote/bundle_push.hpp>
#include <apps/mote/gateway_client.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/stack_choice.hpp>
#include <apps/mote/tree_watch.hpp>

#include <mote/http/status.hpp>
#include <mote/json/encode.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// Who is asked for what: the NATS server only where something is to be pushed.
struct parties {
    gateway_client* gateway = nullptr;
    std::optional<server_access> server{};
};

std::string full_name(const functions::deployment& wanted) {
    return wanted.space && !wanted.space->empty() ? wanted.service + '.' + *wanted.space : wanted.service;
}

/// Updates what is there, else makes it: as faas-cli does.
asio::awaitable<void> deploy_one(gateway_client* gateway, functions::deployment wanted) {
    auto update = gateway->request("PUT", "/system/functions");
    update.headers.emplace_back("Content-Type", "application/json");
    update.body = json::encode(wanted);
    auto create = update;
    create.method = "POST";
    const std::string name = full_name(wanted);
    const auto answer = co_await gateway->send(std::move(update));
    const bool is_new = answer.status == http::status::not_found;
    if (is_new)
        co_await gateway->ask(std::move(create), name);
    else if (answer.status < 200 || answer.status >= 300)
        throw gateway_client::refusal(name, answer);
    write_err((is_new ? "Deployed " : "Updated ") + name + ".\n");
    write_out(gateway->url() + "/function/" + name + "\n");
}

/// Deploys what a stack file says, and of what it says again what is another than before.
class stack_deployer {
public:
    explicit stack_deployer(parties with) : with_(std::move(with)) {}

    /// All of them, also when one fails; then throws what the first failed with.
    asio::awaitable<void> deploy(std::vector<stack_function> all) {
        std::exception_ptr first;
        for (const auto& each : all) {
            try {
                co_await push_and_deploy(each);
            } catch (...) {
                if (!first)
                    first = std::current_exception();
                else
                    explain(std::current_exception());
            }
        }
        if (first) std::rethrow_exception(first);
    }

private:
    /// What a function is: its bundle, and what is said of it.
    using state = std::pair<std::string, std::string>;

    asio::awaitable<void> push_and_deploy(stack_function what) {
        const auto name = full_name(what.wanted);
        state now{"", json::encode(what.wanted)};
        const auto before = std::exchange(deployed_[name], state());  // one that fails is tried again
        if (!what.handler.empty()) {
            const auto pushed = co_await push_bundle(*with_.server, what.wanted.image, what.handler.string());
            now.first = pushed.digest.text();
            if (now.first != before.first)
                write_err("Pushed " + what.handler.string() + " as " + pushed.name.text() + ", " + now.first + ".\n");
        }
        if (now != before) co_await deploy_one(with_.gateway, what.wanted);
        deployed_[name] = std::move(now);
    }

    parties with_;
    std::map<std::string, state> deployed_;
};

/// All that makes a difference: the file, what it names, and the handlers of those that are deployed.
std::vector<std::filesystem::path> roots_of(const stack& all, const std::vector<stack_function>& functions) {
    auto roots = all.files;
    for (const auto& each : functions)
        if (!each.handler.empty()) roots.push_back(each.handler);
    return roots;
}

asio::awaitable<void> keep_deploying(stack_deployer* deployer, tree_watch* files, deploy_command chosen) {
    write_err("Deploys again when a file changes; Ctrl-C ends it.\n");
    for (;;) {
        co_await files->changed();
        try {
            const auto all = read_stack(chosen.file);
            auto functions = chosen_of(all, chosen.only);
            files->watch(roots_of(all, functions));
            co_await deployer->deploy(std::move(functions));
        } catch (...) {
            explain(std::current_exception());  // the next change may mend it
        }
    }
}

bool has_handler(const stack_function& one) { return !one.handler.empty(); }

asio::awaitable<exit_code> deploy_stack(loop* running, deploy_command chosen) {
    const auto all = read_stack(chosen.file);
    auto functions = chosen_of(all, chosen.only);
    const bool pushes = std::ranges::any_of(functions, has_handler);
    if (chosen.watch && !pushes)
        throw failure(exit_code::usage, chosen.file + ": no function has a handler; there is nothing to --watch");

    gateway_of_file(chosen.gateway, all.gateway, chosen.file);
    gateway_client gateway(running->executor(), chosen.gateway);
    parties with;
    with.gateway = &gateway;
    chosen.server.stays = chosen.watch;
    if (pushes) with.server = co_await open_access(chosen.server, running);
    stack_deployer deployer(std::move(with));
    if (!chosen.watch) {
        co_await deployer.deploy(std::move(functions));
        co_return exit_code::ok;
    }
    tree_watch files(running->executor());
    files.watch(roots_of(all, functions));  // before they are read
    try {
        co_await deployer.deploy(std::move(functions));
    } catch (const failure& failed) {
        if (failed.code() == exit_code::cannot_connect || failed.code() == exit_code::not_allowed) throw;
        explain(std::current_exception());
    }
    co_await keep_deploying(&deployer, &files, chosen);
    co_return exit_code::ok;
}

asio::awaitable<exit_code> deploy_wanted(deploy_command chosen, gateway_client* gateway) {
    co_await deploy_one(gateway, chosen.wanted);
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const deploy_command& chosen) {
    if (chosen.file.empty()) return run_with_gateway(chosen, deploy_wanted);
    loop running;
    return running.run(deploy_stack(&running, chosen));
}

}  // namespace mote::command
