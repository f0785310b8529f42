"""Administration of databases, queues, clusters and edges: what belongs behind a login or on no public host."""

from __future__ import annotations

from batten.live.catalogue.item import console, keys, named, page, text, titled

ITEMS = (
    console("pgAdmin", titled(r"pgAdmin 4"), "/pgadmin /pgadmin4/ /pgadmin/login /"),
    console("Harbor", named(r"Harbor", r"<harbor-app"), "/harbor/projects"),
    console("Nexus", titled(r"(?:Sonatype )?Nexus Repository"), "/nexus/"),
    console("SonarQube", titled(r"SonarQube"), "/sonarqube/ /sonar/"),
    console("Jenkins", page(r"\[Jenkins\]</title>|data-crumb-header=\"Jenkins-Crumb\""), "/jenkins/ /script /jenkins/login /"),
    console("TeamCity", titled(r"(?:Log in to )?TeamCity"), "/login.html /teamcity/"),
    console("Graphite", titled(r"Graphite Browser"), "/graphite/"),
    console("Nagios", titled(r"Nagios"), "/nagios/ /nagios3/"),
    console("Supervisor", titled(r"Supervisor Status"), "/supervisor/"),
    console("Spark", titled(r"Spark (?:Master|Worker|Jobs) at|Spark shell"), "/spark/ /jobs/"),
    console("Hadoop YARN", keys("clusterInfo.hadoopVersion"), "/ws/v1/cluster/info"),
    console("Hadoop name node", titled(r"Namenode information"), "/dfshealth.html"),
    console("Flink", titled(r"Apache Flink Web Dashboard"), "/flink/"),
    console("Jupyter", page(r"<title>(?:JupyterLab|Jupyter Notebook|Home Page - Select or create|Jupyter Server)", r"(?i)jupyter-config-data|data-base-url"), "/tree /lab /jupyter/"),
    console("MLflow", named(r"MLflow"), "/mlflow/"),
    console("TensorBoard", titled(r"TensorBoard"), "/tensorboard/"),
    console("Ray dashboard", titled(r"Ray Dashboard"), "/ray/"),
    console("LocalStack", keys("services", "edition"), "/_localstack/health"),
    console("moto", named(r"Moto"), "/moto-api/"),
    console("Eureka", named(r"Eureka"), "/eureka/ /eureka"),
    console("Eureka applications", text(r"<apps__hashcode>|\"apps__hashcode\""), "/eureka/apps"),
    console("Nacos", named(r"Nacos"), "/nacos/"),
    console("Druid monitor", titled(r"Druid Stat Index|druid monitor"), "/druid/index.html /druid/login.html"),
    console("XXL-JOB", titled(r"XXL-JOB|任务调度中心"), "/xxl-job-admin/"),
    console("Selenium Grid", titled(r"Selenium Grid|WebDriver Hub"), "/wd/hub /ui/index.html"),
    console("Weave Scope", titled(r"Weave Scope"), "/scope/"),
    console("Longhorn", named(r"Longhorn"), "/longhorn/"),
)  # fmt: skip
