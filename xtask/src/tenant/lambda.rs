//! Lambda: a stack of its own, as parameters of the one template.

use super::{TenantName, manifest};
use crate::process::Failure;
use crate::project::Project;

/// The stage of a tenant's gateway that people call. Another one is another stack.
const STAGE: &str = "prod";

/// Parameters of the template that are where the tenant's settings are, in Systems Manager's Parameter Store.
const REFERENCES: [(&str, &str); 5] = [
    ("Config", "TOLLBRIDGE_CONFIG"),
    ("MasterKey", "TOLLBRIDGE_MASTER_KEY"),
    ("OpenAiKey", "OPENAI_API_KEY"),
    ("AnthropicKey", "ANTHROPIC_API_KEY"),
    ("GeminiKey", "GEMINI_API_KEY"),
];

pub(super) fn make(project: &Project, name: &TenantName) -> Result<String, Failure> {
    let template = manifest(project, "template.yaml")?;
    let tenant = name.as_str();
    let stack = format!("{}-{STAGE}", name.deployment());
    let mut parameters = vec![("Tenant", tenant.to_owned()), ("Stage", STAGE.to_owned())];
    let reference = |secret| format!("ssm:/tollbridge/{tenant}/{STAGE}/{secret}");
    parameters.extend(REFERENCES.map(|(parameter, secret)| (parameter, reference(secret))));
    let mut overrides = String::new();
    for (parameter, value) in parameters {
        if !template.contains(&format!("\n  {parameter}:\n    Type: String\n")) {
            return Err(Failure::new(format!(
                "template.yaml has no parameter {parameter}, which tenants need"
            )));
        }
        overrides.push_str(&format!("    \"{parameter}={value}\",\n"));
    }
    Ok(format!(
        "# The tenant {tenant} on AWS Lambda: docs/deploy/tenants.md.\n\
         # Made by `cargo xtask tenant {tenant} --target lambda`; what it deploys is the root's template.yaml.\n\
         version = 0.1\n\n\
         [default.deploy.parameters]\n\
         stack_name = \"{stack}\"\n\
         s3_prefix = \"{stack}\"\n\
         resolve_s3 = true\n\
         capabilities = \"CAPABILITY_IAM\"\n\
         # Addresses of parameters in the Parameter Store, and no secret.\n\
         parameter_overrides = [\n{overrides}]\n\
         tags = [\"tenant={tenant}\"]\n\n\
         [default.delete.parameters]\n\
         stack_name = \"{stack}\"\n"
    ))
}
