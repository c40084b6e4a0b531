//! Lambda: a stack of its own, as parameters of the one template.

use super::{TenantName, manifest};
use crate::process::Failure;
use crate::project::Project;

/// The stage of a tenant's gateway that people call. Another one is another stack.
const STAGE: &str = "prod";

pub(super) fn make(project: &Project, name: &TenantName) -> Result<String, Failure> {
    let template = manifest(project, "template.yaml")?;
    let tenant = name.as_str();
    let stack = format!("{}-{STAGE}", name.deployment());
    let mut overrides = String::new();
    for (parameter, value) in [("Tenant", tenant), ("Stage", STAGE)] {
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
         # Settings and secrets are in the Parameter Store, below /tollbridge/{tenant}/{STAGE}/.\n\
         parameter_overrides = [\n{overrides}]\n\
         tags = [\"tenant={tenant}\"]\n\n\
         [default.delete.parameters]\n\
         stack_name = \"{stack}\"\n"
    ))
}
