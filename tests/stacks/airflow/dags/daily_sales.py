from datetime import datetime

from airflow.decorators import dag, task


@dag(schedule="0 4 * * *", start_date=datetime(2024, 1, 1), catchup=False)
def daily_sales():
    @task
    def extract() -> int:
        return 0

    extract()


daily_sales()
