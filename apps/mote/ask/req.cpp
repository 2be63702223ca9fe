#include <apps/mote/ask/answer_output.hpp>
#include <apps/mote/ask/body.hpp>
#include <apps/mote/ask/flag_list.hpp>
#include <apps/mote/ask/question.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds usual_stall = std::chrono::milliseconds(300);

/// What the endpoint's own words rule out.
void refuse_what_does_not_fit(const question& asked) {
    const auto& chosen = asked.chosen;
    if (chosen.all && asked.whom.service.empty())
        throw failure(exit_code::usage, asked.whom.subject +
                                            " is a subject; --all asks the instances of SERVICE ENDPOINT, --replies 0 "
                                            "takes all answers to a subject");
    const char* const other = chosen.all                     ? "--all"
                              : chosen.repeat || chosen.rate ? "--repeat and --rate"
                              : chosen.replies               ? "--replies"
                                                             : nullptr;
    if (asked.whom.streams && other != nullptr)
        throw failure(exit_code::usage,
                      asked.whom.name() + " answers with a stream of replies, which " + other + " cannot take");
}

asio::awaitable<exit_code> req(loop* running, req_command chosen) {
    question asked;
    asked.running = running;
    asked.access = co_await open_access(chosen.server, running);
    asked.whom = co_await find_endpoint(chosen.asked, asked.access);
    if (chosen.show_flags) co_return show_flags(chosen, asked.whom);
    for (const auto& [name, value] : chosen.asked.headers) asked.headers.add(name, value);
    asked.chosen = std::move(chosen);
    refuse_what_does_not_fit(asked);
    asked.body = co_await body_of(asked.chosen.asked, asked.whom);
    asked.chosen.stream = asked.chosen.stream || asked.whom.streams;
    if (asked.chosen.all) co_return co_await ask_all(std::move(asked));
    if (asked.chosen.stream) co_return co_await read_answers(std::move(asked));
    if (asked.chosen.repeat || asked.chosen.rate) co_return co_await ask_again(std::move(asked));
    if (asked.chosen.replies) co_return co_await ask_for_replies(std::move(asked));
    co_return co_await ask_once(std::move(asked));
}

/// The next answer; nothing when none came in time. Throws for a subject on which nobody listens.
asio::awaitable<std::optional<nats::message>> next_answer(nats::replies* answers, std::chrono::nanoseconds wait) {
    std::optional<nats::message> answer;
    try {
        answer = co_await answers->next(wait);
    } catch (const boost::system::system_error& error) {
        if (error.code() != nats::errc::timeout) throw;
    }
    if (answer && answer->status() == 503 && answer->payload().empty()) nats::throw_error(nats::errc::no_responders);
    co_return answer;
}

/// Gives the lines of an instance that did not answer as it should, and what that is worth as an exit code.
exit_code explain_entry(const question& asked, const micro::instance_reply<nats::message>& entry,
                        const answer_output& output, const answer_about& about) {
    const std::string who = asked.whom.name() + (entry.id.empty() ? std::string() : " of " + entry.id);
    try {
        entry.value();
        return exit_code::ok;
    } catch (const micro::service_error& error) {
        output.show_failure(about, error.description(), error.status());
        say_service_error(who, error, asked.chosen.color);
        return exit_code::service_error;
    } catch (const boost::system::system_error& error) {
        const bool late = error.code() == nats::errc::timeout || error.code() == micro::errc::not_awaited;
        const bool alone = error.code() != micro::errc::not_addressable;
        const std::string reason = late    ? "no answer in time"
                                   : alone ? plain_reason(error.what())
                                           : "it tells no subject of its own (`mote.direct`), by which it could be "
                                             "asked alone; services of mote do";
        output.show_failure(about, reason);
        say_in_red(who + ": " + reason, asked.chosen.color);
        return late ? exit_code::timeout : exit_code_of(error.code());
    }
}

}  // namespace

asio::awaitable<exit_code> ask_once(question asked) {
    nats::request_options options;
    options.timeout = asked.access.timeout;
    options.headers = asked.headers;
    const answer_output output(asked.chosen);
    answer_about about;
    about.subject = asked.whom.subject;
    const auto asked_at = clock::now();
    nats::message reply;
    try {
        reply = co_await asked.access.connection.request(asked.whom.subject, asked.body, options);
    } catch (const boost::system::system_error& error) {
        throw_no_answer(asked.whom.subject, asked.access, error);
    }
    about.rtt = clock::now() - asked_at;
    output.show(about, reply);
    const auto error = micro::error_in(reply.view());
    if (!error && reply.headers().get("Mote-Stream-Seq"))
        say("this is the first item of a stream of replies; --stream reads all of it");
    if (!error) co_return exit_code::ok;
    say_service_error(asked.whom.name(), *error, asked.chosen.color);
    co_return exit_code::service_error;
}

asio::awaitable<exit_code> ask_for_replies(question asked) {
    const answer_output output(asked.chosen);
    const std::size_t wanted = *asked.chosen.replies;
    const auto stall = asked.chosen.stall.value_or(usual_stall);
    const auto asked_at = clock::now();
    const auto until = asked_at + asked.access.timeout;
    auto answers = asked.access.connection.ask(asked.whom.subject, asked.body, asked.headers);
    auto code = exit_code::ok;
    std::size_t count = 0;
    for (; wanted == 0 || count < wanted; ++count) {
        const std::chrono::nanoseconds left = until - clock::now();
        const auto wait = count == 0 || wanted != 0 ? std::max(left, std::chrono::nanoseconds::zero()) : stall;
        std::optional<nats::message> answer;
        try {
            answer = co_await next_answer(&answers, wait);
        } catch (const boost::system::system_error& error) {
            throw_no_answer(asked.whom.subject, asked.access, error);
        }
        if (!answer) break;
        answer_about about;
        about.subject = asked.whom.subject;
        about.number = count + 1;
        about.rtt = clock::now() - asked_at;
        output.show(about, *answer);
        if (const auto error = micro::error_in(answer->view())) {
            say_service_error(asked.whom.name(), *error, asked.chosen.color);
            code = exit_code::service_error;
        }
        if (is_reader_gone()) co_return code;
    }
    if (count != 0 && count >= wanted) co_return code;
    const std::string came = wanted == 0 ? "no answer" : std::to_string(count) + " of " + counted(wanted, "answer");
    throw failure(exit_code::timeout, asked.whom.subject + ": " + came + " within " + readable(asked.access.timeout) +
                                          "; wait longer with --timeout");
}

asio::awaitable<exit_code> ask_all(question asked) {
    micro::client_options known;
    known.timeout = asked.access.timeout;
    const micro::client services(asked.access.connection, known);
    micro::gather_options options;
    options.timeout = asked.access.timeout;
    options.stall = asked.chosen.stall.value_or(std::chrono::nanoseconds::zero());
    options.headers = asked.headers;
    const auto entries = co_await services.call_all(asked.whom.service, asked.whom.endpoint, asked.body, options);
    const answer_output output(asked.chosen);
    auto code = exit_code::ok;
    for (const auto& entry : entries) {
        answer_about about;
        about.subject = asked.whom.subject;
        about.instance = entry.id;
        about.version = entry.version;
        if (entry.reply) output.show(about, *entry.reply);
        const auto worth = explain_entry(asked, entry, output, about);
        if (worth != exit_code::ok && code != exit_code::service_error) code = worth;
    }
    co_return code;
}

exit_code run(const req_command& chosen) {
    loop running;
    return running.run(req(&running, chosen));
}

}  // namespace mote::command
