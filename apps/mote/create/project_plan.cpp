#include <apps/mote/create/project_plan.hpp>

#include <algorithm>

namespace mote::command {
namespace {

std::string_view title_of(project_language language) {
    switch (language) {
        case project_language::cpp: return "C++";
        case project_language::python: return "Python";
        case project_language::go: return "Go";
        case project_language::javascript: return "JavaScript";
    }
    return {};
}

std::string_view noun_of(project_kind kind) {
    switch (kind) {
        case project_kind::service: return "a NATS micro service";
        case project_kind::typed: return "a NATS micro service with typed endpoints";
        case project_kind::worker: return "a NATS micro service with a work queue";
        case project_kind::function: return "a function";
        case project_kind::http: return "a NATS micro service with HTTP routes";
    }
    return {};
}

/// Work is for every language: JetStream is a part of all clients.
void refuse_what_no_client_has(project_kind kind, project_language language) {
    if (language == project_language::cpp || kind != project_kind::typed) return;
    throw failure(exit_code::usage, "--typed with --lang " + std::string(name_of(language)) +
                                        ": the official client for " + std::string(title_of(language)) +
                                        " has no typed endpoints, which make JSON and its schema from the types; leave "
                                        "--typed out, or use --lang cpp");
}

std::vector<std::string_view> cpp_layers(project_kind kind) {
    switch (kind) {
        case project_kind::service: return {"cpp/common/", "cpp/library/", "cpp/service/"};
        case project_kind::typed: return {"cpp/common/", "cpp/typed/"};
        case project_kind::worker: return {"cpp/common/", "cpp/worker/"};
        case project_kind::function: return {"cpp/common/", "cpp/library/", "cpp/function/"};
        case project_kind::http: return {"cpp/common/", "cpp/http/"};
    }
    return {};
}

std::vector<std::string_view> layers_of(project_kind kind, project_language language) {
    // A function in Python or JavaScript needs nothing but the language.
    switch (language) {
        case project_language::cpp: return cpp_layers(kind);
        case project_language::python:
            if (kind == project_kind::function) return {"python/function/"};
            if (kind == project_kind::worker) return {"python/common/", "python/worker/"};
            if (kind == project_kind::http) return {"python/common/", "python/http/"};
            return {"python/common/", "python/service/"};
        case project_language::go:
            if (kind == project_kind::function) return {"go/common/", "go/function/"};
            if (kind == project_kind::worker) return {"go/common/", "go/worker/"};
            if (kind == project_kind::http) return {"go/common/", "go/http/"};
            return {"go/common/", "go/service/"};
        case project_language::javascript:
            if (kind == project_kind::function) return {"js/function/"};
            if (kind == project_kind::worker) return {"js/common/", "js/worker/"};
            if (kind == project_kind::http) return {"js/common/", "js/http/"};
            return {"js/common/", "js/service/"};
    }
    return {};
}

std::string request_of(const std::string& name, project_kind kind, project_language language) {
    // Where work is no endpoint of the service, its subject is asked; the stream answers in both cases.
    const char* const to_send = language == project_language::cpp ? " send" : ".send";
    switch (kind) {
        case project_kind::service: return "mote req " + name + " greet World";
        case project_kind::typed: return "mote req " + name + R"( greet '{"name": "Ada", "born": 1815}')";
        case project_kind::worker: return "mote req " + name + to_send + R"( '{"to": "Ada", "text": "Hello!"}')";
        case project_kind::function: return "mote invoke " + name + " Ada";
        case project_kind::http: return "curl 127.0.0.1:8080/" + name + "/greet/Ada";
    }
    return {};
}

std::string program_of(const std::string& name, project_kind kind, project_language language) {
    const bool compiled = language == project_language::cpp || language == project_language::go;
    if (!compiled) return {};
    if (kind == project_kind::function) return "function/" + name;
    return (language == project_language::cpp ? "build/dev/bin/" : "bin/") + name;
}

/// A function goes to a node; whatever serves HTTP needs the gateway, which `mote up` has.
std::vector<std::string> next_of(project_kind kind, project_language language, const std::string& directory,
                                 const std::string& request) {
    if (kind == project_kind::function) {
        std::string deploy = "cd " + directory;
        if (language == project_language::cpp) deploy += " && cmake --preset release && cmake --build --preset release";
        if (language == project_language::go) deploy += " && sh build.sh";
        return {"mote up", deploy + " && mote deploy -f stack.yml", request};
    }
    if (kind == project_kind::http) return {"mote up", "mote dev " + directory, request};
    return {"cd " + directory, "mote dev", request};
}

}  // namespace

std::string_view name_of(project_kind kind) {
    switch (kind) {
        case project_kind::service: return "service";
        case project_kind::typed: return "typed";
        case project_kind::worker: return "worker";
        case project_kind::function: return "function";
        case project_kind::http: return "http";
    }
    return {};
}

std::string_view name_of(project_language language) {
    switch (language) {
        case project_language::cpp: return "cpp";
        case project_language::python: return "python";
        case project_language::go: return "go";
        case project_language::javascript: return "js";
    }
    return {};
}

std::string shell_word(std::string_view text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./+:@,").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

project_plan plan_project(const std::string& name, project_kind kind, project_language language,
                          const std::filesystem::path& directory) {
    refuse_what_no_client_has(kind, language);
    project_plan plan;
    plan.layers = layers_of(kind, language);
    plan.what = std::string(noun_of(kind)) + " in " + std::string(title_of(language));
    plan.program = program_of(name, kind, language);
    if (kind == project_kind::http)
        plan.before = "mote up               # in another terminal: NATS and the HTTP gateway on this machine\n";
    plan.request = request_of(name, kind, language);
    plan.next = next_of(kind, language, shell_word(directory.string()), plan.request);
    return plan;
}

}  // namespace mote::command
