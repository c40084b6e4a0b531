//! What the command line says.

/// How the suite was called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The target to start.
    pub(crate) target: Option<String>,
    /// A gateway that runs already.
    pub(crate) url: Option<String>,
    /// Its master key.
    pub(crate) admin_key: Option<String>,
    /// A stand-in that runs already.
    pub(crate) upstream: Option<String>,
    /// Only the cases whose name holds one of these; all, where there are none.
    pub(crate) only: Vec<String>,
    /// A file for the outcomes, a line each.
    pub(crate) report: Option<String>,
    /// A command to run beside the gateway instead of the cases.
    pub(crate) around: Vec<String>,
    /// Print the document and secrets that a gateway has to be started with, and stop.
    pub(crate) print_config: bool,
    /// Print the names of the cases, and stop.
    pub(crate) list: bool,
}

/// The help text.
pub(crate) const HELP: &str = "\
tollbridge-conformance --target native|cloudflare|lambda|spin|spin-hosted [--only TEXT]… [--report FILE]
    builds and starts the gateway and the stand-in, and runs the cases; with --report it writes a
    line for each, its group, name, outcome and reason, separated by tabs
tollbridge-conformance --url URL --upstream URL [--admin-key KEY] [--only TEXT]…
    runs the cases against a gateway that was started with the suite's configuration
tollbridge-conformance --target native|cloudflare|lambda|spin --around COMMAND [ARGUMENT]…
    starts both and runs the command instead, with TOLLBRIDGE_URL, TOLLBRIDGE_KEY,
    TOLLBRIDGE_MASTER_KEY and TOLLBRIDGE_UPSTREAM in its environment
tollbridge-conformance --upstream URL --print-config
    prints that configuration and its secrets as JSON
tollbridge-conformance --list
    prints the names of the cases";

/// Reads the arguments, or says what is wrong with them.
pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = arguments.peekable();
    while let Some(name) = arguments.next() {
        let place = match name.as_str() {
            "--target" => &mut options.target,
            "--url" => &mut options.url,
            "--admin-key" => &mut options.admin_key,
            "--upstream" => &mut options.upstream,
            "--only" => {
                options.only.push(arguments.next().ok_or_else(|| format!("{name} needs a value\n{HELP}"))?);
                continue;
            }
            "--report" => &mut options.report,
            "--around" => {
                options.around = arguments.by_ref().collect();
                continue;
            }
            "--print-config" => {
                options.print_config = true;
                continue;
            }
            "--list" => {
                options.list = true;
                continue;
            }
            "--help" | "-h" => return Err(HELP.to_owned()),
            _ => return Err(format!("unknown option {name}\n{HELP}")),
        };
        *place = Some(arguments.next().ok_or_else(|| format!("{name} needs a value\n{HELP}"))?);
    }
    Ok(options)
}
